"""What ends a session is called with a session of its own, so that the fuzzing goes on; and what
the schema cannot tell of parameters."""

import json
import os
import urllib.error
import urllib.request

import schemathesis


@schemathesis.auth(refresh_interval=None).apply_to(
    operation_id=["logout", "logout_all", "refresh"]
)
class Throwaway:
    """A new session of an account that is there for this alone."""

    def get(self, case, context):
        account = {"email": os.environ["DESK_SPARE"], "password": "password"}
        request = urllib.request.Request(
            os.environ["DESK_URL"] + "/api/auth/login",
            data=json.dumps(account).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["access_token"]
        except urllib.error.HTTPError:
            # An admin has got rid of the account.
            return "none"

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def filter_case(context, case):
    """A blank value is one that is not there, whatever the schema says of its values. A header or a
    form whose value or name would break its line is no request: the connection is closed with a 400."""
    if any(has_blank(part) for part in (case.query, case.body)):
        return False
    if any(breaks_line(str(value)) for value in (case.headers or {}).values()):
        return False
    is_form = (case.media_type or "").startswith("multipart/")
    return not (is_form and isinstance(case.body, dict) and any(map(breaks_line, case.body)))


def has_blank(part):
    return isinstance(part, dict) and "" in part.values()


def breaks_line(text):
    return any(letter < " " or letter == "\x7f" for letter in text)
