"""Works with the desk through the client that openapi-python-client made from its document."""

import json
import os

from desk import AuthenticatedClient, Client
from desk.api.auth import login
from desk.api.reports import report_overview
from desk.api.tickets import add_ticket_message, create_ticket, list_tickets, show_ticket
from desk.models import CreateMessage, CreateTicket, ErrorBody, Login, Priority


def good(answer):
    """The answer of a call that went well."""
    if answer is None or isinstance(answer, ErrorBody):
        raise SystemExit(f"refused: {answer}")
    return answer


url = os.environ["DESK_URL"]
credentials = Login(email=os.environ["DESK_EMAIL"], password=os.environ["DESK_PASSWORD"])
session = good(login.sync(client=Client(base_url=url), body=credentials))
client = AuthenticatedClient(base_url=url, token=session.access_token)

new = CreateTicket(
    project_id=int(os.environ["DESK_PROJECT"]),
    subject="Filed by a generated client",
    description="Written in Python.",
    priority=Priority.HIGH,
)
call = os.environ["DESK_CALL"]
ticket = good(create_ticket.sync(client=client, body=new, idempotency_key=call)).ticket
reply = CreateMessage(body="We are looking into it.")
message = good(add_ticket_message.sync(ticket.id, client=client, body=reply)).message
page = good(
    list_tickets.sync(client=client, status=list_tickets.ListTicketsStatus.OPEN, per_page=5)
)
overview = good(report_overview.sync(client=client))
missing = show_ticket.sync(999999999, client=client)

print(
    json.dumps(
        {
            "number": ticket.ticket_number,
            "listed": [row.ticket_number for row in page.data],
            "reply": message.type_,
            "reported": overview.total_tickets >= 0,
            "missing": missing.error,
        }
    )
)
