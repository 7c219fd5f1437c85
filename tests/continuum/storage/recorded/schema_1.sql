-- A database as version 0.3.0 wrote it before there were migrations; the test that reads it says what is in it.
CREATE TABLE secrets (
	name TEXT NOT NULL, 
	value BLOB NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE tenants (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	public_id TEXT NOT NULL, 
	revision INTEGER DEFAULT '0' NOT NULL, 
	created_at DATETIME NOT NULL, 
	UNIQUE (public_id)
);
CREATE TABLE api_keys (
	id TEXT NOT NULL, 
	tenant_number INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(tenant_number) REFERENCES tenants (number) ON DELETE CASCADE
);
CREATE TABLE memories (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	tenant_number INTEGER NOT NULL, 
	session TEXT, 
	role TEXT NOT NULL, 
	text TEXT NOT NULL, 
	content_hash TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	occurred_at DATETIME, 
	metadata JSON NOT NULL, 
	UNIQUE (tenant_number, role, content_hash), 
	UNIQUE (id), 
	FOREIGN KEY(tenant_number) REFERENCES tenants (number) ON DELETE CASCADE
);
CREATE TABLE concepts (
	number INTEGER NOT NULL, 
	tenant_number INTEGER NOT NULL, 
	type TEXT NOT NULL, 
	folded_name TEXT NOT NULL, 
	name TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (tenant_number, type, folded_name), 
	FOREIGN KEY(tenant_number) REFERENCES tenants (number) ON DELETE CASCADE
);
CREATE TABLE repeats (
	number INTEGER NOT NULL, 
	tenant_number INTEGER NOT NULL, 
	memory_number INTEGER NOT NULL, 
	session TEXT, 
	created_at DATETIME NOT NULL, 
	occurred_at DATETIME, 
	metadata JSON NOT NULL, 
	PRIMARY KEY (number), 
	FOREIGN KEY(tenant_number) REFERENCES tenants (number) ON DELETE CASCADE, 
	FOREIGN KEY(memory_number) REFERENCES memories (number) ON DELETE CASCADE
);
CREATE INDEX repeats_by_tenant ON repeats (tenant_number);
CREATE INDEX repeats_by_memory ON repeats (memory_number);
CREATE TABLE memory_concepts (
	memory_number INTEGER NOT NULL, 
	concept_number INTEGER NOT NULL, 
	PRIMARY KEY (memory_number, concept_number), 
	FOREIGN KEY(memory_number) REFERENCES memories (number) ON DELETE CASCADE, 
	FOREIGN KEY(concept_number) REFERENCES concepts (number) ON DELETE CASCADE
);
CREATE INDEX memory_concepts_by_concept ON memory_concepts (concept_number);
CREATE TABLE concept_links (
	source_number INTEGER NOT NULL, 
	target_number INTEGER NOT NULL, 
	memory_number INTEGER NOT NULL, 
	tenant_number INTEGER NOT NULL, 
	PRIMARY KEY (source_number, target_number, memory_number), 
	FOREIGN KEY(source_number) REFERENCES concepts (number) ON DELETE CASCADE, 
	FOREIGN KEY(target_number) REFERENCES concepts (number) ON DELETE CASCADE, 
	FOREIGN KEY(memory_number) REFERENCES memories (number) ON DELETE CASCADE, 
	FOREIGN KEY(tenant_number) REFERENCES tenants (number) ON DELETE CASCADE
);
CREATE INDEX concept_links_by_target ON concept_links (target_number);
CREATE INDEX concept_links_by_tenant ON concept_links (tenant_number);
CREATE INDEX concept_links_by_memory ON concept_links (memory_number);
CREATE VIRTUAL TABLE memory_fts_1 USING fts5(text, tokenize = 'porter unicode61');
CREATE VIRTUAL TABLE memory_fts_2 USING fts5(text, tokenize = 'porter unicode61');
INSERT INTO secrets (name, value) VALUES ('recall-cache', X'DD3AA855D82445ADBF4FB0FCC2C058ABB39BDB98CC11B0498FDC06BBC3DA5530');
INSERT INTO tenants (number, public_id, revision, created_at) VALUES (1, 'acme', 5, '2026-11-23 23:24:31.493391');
INSERT INTO tenants (number, public_id, revision, created_at) VALUES (2, 'rival', 1, '2026-11-23 23:24:31.495673');
INSERT INTO api_keys (id, tenant_number, digest, scopes, created_at, revoked_at) VALUES ('DMFOHL-f', 1, '33ad98160f82b728cc61eaa265bc3bdfa614e8dad22d01363b198ea7bf33bd4f', 'read write', '2026-11-23 23:24:31.496413', NULL);
INSERT INTO memories (number, id, tenant_number, session, role, text, content_hash, created_at, occurred_at, metadata) VALUES (1, '01a20ab9-b18f-7ad9-b1c8-7b70b993b9b0', 1, 's-1', 'user', 'Maya moved to Lisbon.', '80a326c829ce77978569254bbdae26ae105447c6b5f70600d5b8cf6c165bb9d8', '2026-11-23 23:24:31.503058', '2026-03-01 12:00:00.000000', '{"channel": "chat"}');
INSERT INTO memories (number, id, tenant_number, session, role, text, content_hash, created_at, occurred_at, metadata) VALUES (2, '01a20ab9-b196-7aef-bf03-0df8d1b1713d', 1, 's-1', 'assistant', 'Lisbon is lovely, Maya.', '2b999a2f1d03db478152f7e8e757c531bf87eba0d029af2b754b5420ca993a8e', '2026-11-23 23:24:31.510423', '2026-03-01 12:00:00.000000', '{"channel": "chat"}');
INSERT INTO memories (number, id, tenant_number, session, role, text, content_hash, created_at, occurred_at, metadata) VALUES (3, '01a20ab9-b1a4-75d2-83a2-161e278fbbbd', 1, NULL, 'user', 'maya moved to lisbon', 'aaa42db2f1aba912556f200e6bddbd926f9a7433720cd7b662e1e7326b38680c', '2026-11-23 23:24:31.520661', NULL, '{}');
INSERT INTO memories (number, id, tenant_number, session, role, text, content_hash, created_at, occurred_at, metadata) VALUES (4, '01a20ab9-b1a5-7b90-b7db-4796f01a2494', 2, NULL, 'user', 'The vault of Project Atlas is empty.', '547bc4f89d076bfdf27369eefb91b2fb77f8048e7ffd34b5f2be76ed882cf617', '2026-11-23 23:24:31.525702', NULL, '{}');
INSERT INTO memories (number, id, tenant_number, session, role, text, content_hash, created_at, occurred_at, metadata) VALUES (5, '01a20ab9-b1a7-7911-a9f2-ba9edf57f1c1', 2, NULL, 'assistant', 'We decided to fill it.', '04a5a516be8225af2a84040f5d07d3ac9efb77cd977ee0665b17900470294166', '2026-11-23 23:24:31.526833', NULL, '{}');
INSERT INTO concepts (number, tenant_number, type, folded_name, name, created_at) VALUES (1, 1, 'name', 'maya', 'Maya', '2026-11-23 23:24:31.511597');
INSERT INTO concepts (number, tenant_number, type, folded_name, name, created_at) VALUES (2, 1, 'name', 'lisbon', 'Lisbon', '2026-11-23 23:24:31.511597');
INSERT INTO concepts (number, tenant_number, type, folded_name, name, created_at) VALUES (3, 2, 'name', 'project atlas', 'Project Atlas', '2026-11-23 23:24:31.527805');
INSERT INTO concepts (number, tenant_number, type, folded_name, name, created_at) VALUES (4, 2, 'decision', 'we decided to fill it.', 'We decided to fill it.', '2026-11-23 23:24:31.528655');
INSERT INTO repeats (number, tenant_number, memory_number, session, created_at, occurred_at, metadata) VALUES (1, 1, 1, 's-2', '2026-11-23 23:24:31.538099', NULL, '{}');
INSERT INTO memory_concepts (memory_number, concept_number) VALUES (1, 1);
INSERT INTO memory_concepts (memory_number, concept_number) VALUES (1, 2);
INSERT INTO memory_concepts (memory_number, concept_number) VALUES (2, 1);
INSERT INTO memory_concepts (memory_number, concept_number) VALUES (2, 2);
INSERT INTO memory_concepts (memory_number, concept_number) VALUES (4, 3);
INSERT INTO memory_concepts (memory_number, concept_number) VALUES (5, 4);
INSERT INTO concept_links (source_number, target_number, memory_number, tenant_number) VALUES (1, 2, 1, 1);
INSERT INTO concept_links (source_number, target_number, memory_number, tenant_number) VALUES (1, 2, 2, 1);
INSERT INTO memory_fts_1 (rowid, text) VALUES (1, 'Maya moved to Lisbon.');
INSERT INTO memory_fts_1 (rowid, text) VALUES (2, 'Lisbon is lovely, Maya.');
INSERT INTO memory_fts_1 (rowid, text) VALUES (3, 'maya moved to lisbon');
INSERT INTO memory_fts_2 (rowid, text) VALUES (4, 'The vault of Project Atlas is empty.');
INSERT INTO memory_fts_2 (rowid, text) VALUES (5, 'We decided to fill it.');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence (name, seq) VALUES ('tenants', 2);
INSERT INTO sqlite_sequence (name, seq) VALUES ('memories', 6);
PRAGMA user_version = 1;
