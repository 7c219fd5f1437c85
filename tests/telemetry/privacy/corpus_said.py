"""What a person said and what machines made up, for feeding into libraries.

In a file of its own: what stands as a literal in the file that raises is taken for the programmer's.
"""

SENTENCE = "my sister Anna lost the baby in March"
TOKEN = "q7Zk2LwX9vRt4BnM8sYh"
FED = (SENTENCE, TOKEN)
WORDS = ("sister", "Anna", "lost", "baby", "March", "q7Zk", "LwX9", "vRt4", "BnM8", "8sYh")
