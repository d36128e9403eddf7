"""The peers' side of the conversation: one JSON object a line in, one JSON object a line out.

Standard output belongs to the conversation, so whatever a library prints there goes to standard error instead.
"""

import json
import os
import sys


def serve(operations):
    """Answers `{"op": NAME, ...}` by `operations[NAME](request)`, until the input ends. An exception is an answer too."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                reply = operations[request["op"]](request)
            except Exception as error:  # the reader decides what a failure means
                reply = {"error": f"{type(error).__name__}: {str(error).strip()[:2000]}"}
            out.write(json.dumps(reply) + "\n")
            out.flush()
    except KeyboardInterrupt:
        pass
