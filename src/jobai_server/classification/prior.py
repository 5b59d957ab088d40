"""What a model says about texts without content, once per task: the prior that is divided out (Zhao et al. 2021)."""

from __future__ import annotations

from collections import OrderedDict

from jobai_server.classification.reading import Logs
from jobai_server.classification.task import ClassificationTask
from jobai_server.engines.protocol import ModelCard

MAX_PRIORS = 256


class Priors:
    """The priors of the tasks that were last used, in this process."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, ClassificationTask], Logs] = OrderedDict()

    def get(self, card: ModelCard, task: ClassificationTask) -> Logs | None:
        """The mean log probabilities, in the shape of `Judgement.rows`."""
        key = (card.name, card.fingerprint, task)
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key)

    def keep(self, card: ModelCard, task: ClassificationTask, prior: Logs) -> None:
        self._known[card.name, card.fingerprint, task] = prior
        if len(self._known) > MAX_PRIORS:
            self._known.popitem(last=False)
