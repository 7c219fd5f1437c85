"""The forms of monitors, alerts and dashboards as Sentry's API documents them, with the values that are accepted.

Sources: the OpenAPI description that Sentry publishes, and the reference of its API; only the parts that we use.
"""

from __future__ import annotations

from typing import Any, Final


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _list(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


_TEXT: Final = {"type": "string"}
_NAME: Final = {"type": "string", "minLength": 1, "maxLength": 200}

_ERRORS: Final = _object(
    {
        "dataset": {"const": "events"},
        "queryType": {"const": 0},
        "eventTypes": {"const": ["default", "error"]},
        "environment": {"type": ["string", "null"]},
        "timeWindow": {"enum": [60, 300, 600, 900, 1800, 3600, 7200, 14400, 86400]},
        "query": {"type": "string", "minLength": 1},
        "aggregate": {"enum": ["count()", "count_unique(tags[sentry:user])"]},
    }
)
_SPANS: Final = _object(
    {
        "dataset": {"const": "events_analytics_platform"},
        "queryType": {"const": 1},
        "eventTypes": {"const": ["trace_item_span"]},
        "environment": {"type": ["string", "null"]},
        "timeWindow": {"enum": [300, 600, 900, 1800, 3600, 7200, 14400, 86400]},
        "query": _TEXT,
        "aggregate": {"enum": ["count(span.duration)", "p95(span.duration)", "failure_rate()"]},
    }
)
# Not in the reference: what the check of monitors in Sentry's source takes for its type of query "crash rate".
_SESSIONS: Final = _object(
    {
        "dataset": {"const": "metrics"},
        "queryType": {"const": 2},
        "eventTypes": {"const": []},
        "environment": {"type": ["string", "null"]},
        "timeWindow": {"enum": [1800, 3600, 7200, 14400, 43200, 86400]},
        "query": _TEXT,
        "aggregate": {"const": "percentage(sessions_crashed, sessions) AS _crash_rate_alert_aggregate"},
    }
)
_THRESHOLD: Final = _object(
    {
        "type": {"enum": ["gt", "gte", "lt", "lte"]},
        "comparison": {"type": "number", "exclusiveMinimum": 0},
        "conditionResult": {"enum": [75, 50, 0]},
    }
)

MONITOR: Final = _object(
    {
        "name": _NAME,
        "type": {"const": "metric_issue"},
        "enabled": {"type": "boolean"},
        "description": _TEXT,
        "dataSources": _list({"oneOf": [_ERRORS, _SPANS, _SESSIONS]}, minItems=1, maxItems=1),
        "conditionGroup": _object(
            {"logicType": {"const": "any"}, "conditions": _list(_THRESHOLD, minItems=2, maxItems=3)}
        ),
        "config": _object({"detectionType": {"const": "static"}}),
    }
)

_TRIGGER: Final = _object(
    {
        "type": {
            "enum": ["first_seen_event", "regression_event", "reappeared_event", "issue_resolved_trigger"]
        },
        "comparison": {"const": True},
        "conditionResult": {"const": True},
    }
)
_FILTER: Final = _object(
    {
        "type": {"const": "event_unique_user_frequency_count"},
        "comparison": _object(
            {
                "value": {"type": "integer", "minimum": 1},
                "interval": {"enum": ["1m", "5m", "15m", "1h", "1d"]},
            }
        ),
        "conditionResult": {"const": True},
    }
)
_MAIL_TO_OWNERS: Final = _object(
    {
        "type": {"const": "email"},
        "integrationId": {"const": None},
        "data": _object({"fallthroughType": {"enum": ["ActiveMembers", "AllMembers", "NoOne"]}}),
        "config": _object(
            {
                "targetType": {"const": "issue_owners"},
                "targetDisplay": {"const": None},
                "targetIdentifier": {"const": ""},
            }
        ),
        "status": {"const": "active"},
    }
)
_LOGIC: Final = {"enum": ["any-short", "all", "none"]}

ALERT: Final = _object(
    {
        "name": _NAME,
        "enabled": {"type": "boolean"},
        "environment": {"type": ["string", "null"]},
        "config": _object({"frequency": {"enum": [0, 5, 10, 30, 60, 180, 720, 1440]}}),
        "triggers": _object({"logicType": {"const": "any-short"}, "conditions": _list(_TRIGGER)}),
        "actionFilters": _list(
            _object(
                {
                    "logicType": _LOGIC,
                    "conditions": _list(_FILTER),
                    "actions": _list(_MAIL_TO_OWNERS, minItems=1),
                }
            ),
            minItems=1,
        ),
    }
)

_QUERY: Final = _object(
    {
        "name": _TEXT,
        "fields": _list(_TEXT, minItems=1),
        "aggregates": _list({"type": "string", "pattern": r"^[a-z0-9_]+\([a-z_.]*\)$"}),
        "columns": _list({"type": "string", "pattern": r"^[a-z_.]+$"}),
        "conditions": _TEXT,
        "orderby": _TEXT,
    }
)
_LAYOUT: Final = _object(
    {
        "x": {"type": "integer", "minimum": 0, "maximum": 5},
        "y": {"type": "integer", "minimum": 0},
        "w": {"type": "integer", "minimum": 1, "maximum": 6},
        "h": {"type": "integer", "minimum": 1},
        "minH": {"type": "integer", "minimum": 1},
    }
)

DASHBOARD: Final = _object(
    {
        "title": {**_NAME, "maxLength": 255},
        "period": {"enum": ["1h", "24h", "7d", "14d", "30d"]},
        "widgets": _list(
            _object(
                {
                    "title": {**_NAME, "maxLength": 255},
                    "displayType": {"enum": ["line", "area", "bar", "table", "big_number"]},
                    "widgetType": {"enum": ["error-events", "issue", "spans", "metrics"]},
                    "interval": {"enum": ["1m", "5m", "15m", "1h"]},
                    "limit": {"type": "integer", "minimum": 1, "maximum": 10},
                    "layout": _LAYOUT,
                    "queries": _list(_QUERY, minItems=1),
                },
                optional=("limit",),
            ),
            minItems=1,
        ),
    }
)
