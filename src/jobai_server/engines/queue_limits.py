"""How much a model accepts at a time, from all keys together and from one, and what those who come later are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from jobai_server.errors import InvalidRequest, Overloaded, RateLimited

if TYPE_CHECKING:
    from jobai_server.settings import ModelSettings

# When a place will be free nobody knows.
RETRY_SECONDS = 1
LATE_RETRY_SECONDS = 5


class QueueLimits:
    """The limits of one model.

    Args:
        seconds: How long a request may wait for its first token.

    Attributes:
        answers: How many there may be at a time, from all keys together; a request for several counts as so many.
    """

    def __init__(self, model: ModelSettings, seconds: float) -> None:
        self.seconds = seconds
        self._name = model.name[0]
        self.answers = model.max_concurrent_requests
        self._tokens = model.max_queued_tokens
        self._key_answers = max(1, int(self.answers * model.key_share))
        self._key_tokens = max(1, int(self._tokens * model.key_share))

    def granted(self, accepted: NDArray[Any], key: int, answers: int, least: int) -> int:
        """How many answers a request gets that wants so many and can do with `least`: never more than half of what its
        key and the model have left, so that the requests that come at the same moment find room too.

        Args:
            accepted: The rows of the requests that are there.
            key: The row of the request's key.
        """
        own = int(accepted["answers"][accepted["key"] == key].sum())
        free = min(self._key_answers - own, self.answers - int(accepted["answers"].sum()))
        return max(least, min(answers, (free + 1) // 2))

    def check(self, accepted: NDArray[Any], key: int, answers: int, tokens: int) -> None:
        """Whether one more request can be accepted. The only one of its key may have more tokens than its share, and
        the only one of all more than there are: it would never find room otherwise.

        Args:
            accepted: The rows of the requests that are there.
            key: The row of the request's key.

        Raises:
            RateLimited: Its key would have more than one key may have.
            Overloaded: All keys together would.
        """
        own = accepted[accepted["key"] == key]
        if own.size:
            self._check_share(int(own["answers"].sum()) + answers, int(own["tokens"].sum()) + tokens)
        if int(accepted["answers"].sum()) + answers > self.answers:
            raise self.full()
        if accepted.size and int(accepted["tokens"].sum()) + tokens > self._tokens:
            raise Overloaded(
                f"The requests to model '{self._name}' may use {self._tokens} tokens together, prompts and answers; "
                "try again shortly.",
                retry_after=RETRY_SECONDS,
            )

    def check_waiting(self, waiting: int, own: int) -> None:
        """Whether one more request may wait for the model to wake, beside so many others, and so many of its own key.

        Raises:
            RateLimited, Overloaded: As `check`.
        """
        self._check_share(own + 1, 0)
        if waiting >= self.answers:
            raise self.full()

    def full(self) -> Overloaded:
        """The refusal of one request too many."""
        return Overloaded(
            f"Model '{self._name}' is at its limit of {self.answers} concurrent requests; try again shortly.",
            retry_after=RETRY_SECONDS,
        )

    def ends_engine(self) -> InvalidRequest:
        """The refusal of a request that the engine does not survive."""
        return InvalidRequest(
            f"The engine of model '{self._name}' ended twice while it worked on this very request; it is not tried "
            "again.",
            code="request_ends_engine",
        )

    def late(self) -> Overloaded:
        """The refusal of a request that has waited too long."""
        return Overloaded(
            f"Model '{self._name}' did not come to this request within {self.seconds:g} s; try again later.",
            retry_after=LATE_RETRY_SECONDS,
        )

    def _check_share(self, answers: int, tokens: int) -> None:
        if answers > self._key_answers:
            raise RateLimited(
                f"This key is at its share of {self._key_answers} concurrent requests of model '{self._name}'; "
                "try again when one of them has ended.",
                kind="requests",
                retry_seconds=RETRY_SECONDS,
            )
        if tokens > self._key_tokens:
            raise RateLimited(
                f"This key's requests to model '{self._name}' may use {self._key_tokens} tokens together, prompts and "
                "answers; try again when one of them has ended.",
                kind="tokens",
                retry_seconds=RETRY_SECONDS,
            )
