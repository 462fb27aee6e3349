"""From the bytes of a request to what it is answered: single operations, batches, kept ones."""

from collections.abc import Hashable, Mapping, Sequence

from app.config import Settings
from app.graphql_api.deadline import Deadline
from app.graphql_api.errors import OverLimit, Rejected
from app.graphql_api.execution import Answer, Engine, Kept, Ready, Request
from app.graphql_api.language.limits import Limits
from app.graphql_api.persisted import Documents, check_digest
from app.graphql_api.requests import Asked, read_json
from app.identity.audience import Audience

# Bodies that came before need not be read again: a body, its values and its share of a plan take some 10 KiB.
BODIES, LONGEST_BODY = 2_000, 4_096
Outcome = Answer | Rejected


class GraphQL:
    """What an application answers operations with."""

    def __init__(self, engine: Engine, documents: Documents) -> None:
        self.engine, self.documents = engine, documents
        self._bodies = Kept(BODIES)

    def answer_body(self, body: bytes, audience: Audience) -> Answer | Sequence[Outcome]:
        """Raises `Rejected`; of a batch each operation is answered or rejected by itself."""
        key = (body, audience.sources)
        known: Ready | None = self._bodies.get(key)
        if known is not None:
            return self.engine.run(known, audience)
        members = read_json(body)
        if isinstance(members, list):
            return self._batch(members, audience)
        return self._answer(Asked.of(members), audience, key if len(body) <= LONGEST_BODY else None)

    def answer_address(self, arguments: Mapping[str, str], audience: Audience) -> Answer:
        """The answer of a kept operation. Raises `Rejected`."""
        return self._answer(Asked.of_address(arguments), audience)

    def _batch(self, batch: Sequence[object], audience: Audience) -> Sequence[Outcome]:
        most = self.engine.limits.batch
        if len(batch) > most:
            raise OverLimit("batch", most, len(batch), "parts")
        if not batch:
            raise Rejected("the batch holds no operation")
        deadline = Deadline(self.engine.timeout)
        return [self._one(members, audience, deadline) for members in batch]

    def _one(self, members: object, audience: Audience, deadline: Deadline) -> Outcome:
        try:
            deadline.check()
            return self._answer(Asked.of(members), audience)
        except Rejected as rejected:
            return rejected

    def _answer(self, asked: Asked, audience: Audience, key: Hashable | None = None) -> Answer:
        """Only what was answered, and only data, is kept under a ``key``: a body that is refused may be anything, and
        one with a text to keep has to be read each time, as the text may have been forgotten."""
        try:
            request = Request(self._text(asked), asked.variables, asked.operation_name)
            ready = self.engine.ready(request, audience.sources)
        except RecursionError as error:
            raise Rejected("the operation is nested too deeply") from error
        answer = self.engine.run(ready, audience)
        if key is not None and ready.only_data and not (asked.query and asked.digest):
            self._bodies.put(key, ready, ready.prepared.weight)
        return answer

    def _text(self, asked: Asked) -> str:
        if asked.query is None:
            return self.documents.find(asked)
        if asked.document_id is not None:
            raise Rejected("query and documentId can't both say which operation is meant", "$.documentId")
        if asked.digest is not None:
            check_digest(asked, asked.query)
            self.engine.document(asked.query)  # one that can't be answered is not kept
            self.documents.keep(asked.digest, asked.query)
        return asked.query


def limits_of(settings: Settings) -> Limits:
    """What the settings allow an operation."""
    return Limits(**{name: getattr(settings, f"graphql_max_{name}") for name in Limits._fields})
