"""Books an appointment with a client generated from the OpenAPI document. Usage: book.py URL DAY"""

import datetime
import sys
import uuid
from http import HTTPStatus
from typing import TypeVar

from rounds_client import AuthenticatedClient, Client
from rounds_client.api.appointments import book, get_appointment
from rounds_client.api.auth import login, register
from rounds_client.api.doctors import list_availability, list_doctors
from rounds_client.models import BookBody, LoginBody, Problem, RegisterBody
from rounds_client.types import Response

T = TypeVar("T")


def expect(response: Response[Problem | T]) -> T:
    """Returns the result of a successful request, or raises an error with the problem."""
    parsed = response.parsed
    if isinstance(parsed, Problem):
        raise RuntimeError(f"{parsed.title} {parsed.detail} ({parsed.request_id})")
    assert parsed is not None, f"a response that is not in the document: {response}"
    return parsed


url, day = sys.argv[1], datetime.date.fromisoformat(sys.argv[2])
email, password = f"{uuid.uuid4()}@rounds.example", "correct horse"

# Without an Accept header, a login returns the bare token.
anyone = Client(url, headers={"Accept": "application/json"})
account = RegisterBody(name="Ada", email=email, password=password, account_type="Patient")
# The generator does not support operations for which a token is optional.
me = expect(register.sync_detailed(client=anyone, body=account))  # type: ignore[arg-type]
token = expect(login.sync_detailed(client=anyone, body=LoginBody(email=email, password=password)))
client = AuthenticatedClient(url, token=token.access_token, prefix=token.token_type)

doctor = expect(list_doctors.sync_detailed(client=client, q="cardio"))[0]
slot = expect(list_availability.sync_detailed(doctor.id, client=client, date=day, days=7))[0]

# A retry with the same key does not book again.
body, key = BookBody(start_date=slot.start_date, duration=slot.duration), str(uuid.uuid4())
appointment_id = expect(book.sync_detailed(doctor.id, client=client, body=body, idempotency_key=key))
retry = book.sync_detailed(doctor.id, client=client, body=body, idempotency_key=key)
assert expect(retry) == appointment_id and retry.headers["Idempotency-Replayed"] == "true"

appointment = expect(get_appointment.sync_detailed(appointment_id, client=client))
assert appointment.status == "Booked"
assert (appointment.patient_id, appointment.doctor_id) == (me.id, doctor.id)
assert (appointment.start_date, appointment.duration) == (slot.start_date, slot.duration)

# The doctor is now busy at this time, so the clinic suggests alternatives.
refused = book.sync_detailed(doctor.id, client=client, body=body)
assert refused.status_code == HTTPStatus.CONFLICT and isinstance(refused.parsed, Problem)
assert refused.parsed.alternatives, refused.parsed.detail
alternative = refused.parsed.alternatives[0]
body = BookBody(start_date=alternative.start_date, duration=alternative.duration)
expect(book.sync_detailed(doctor.id, client=client, body=body))

print(f"booked {doctor.name} at {slot.start_date}, and the alternative at {alternative.start_date}")
