"""Train jobai-nano on examples made on the fly.

    python scripts/nano/train.py --state DIR --tokenizer DIR --hours 1.5
    python scripts/nano/train.py --state DIR --initial-checkpoint src/jobai_server/embedded/jobai_nano

The budget counts processor time, so a process that is stopped for a while loses nothing. A run whose
state folder holds a checkpoint goes on from there; SIGTERM or Ctrl-C makes a run save and end.
"""

import argparse
import itertools
import os
import signal
import time
from pathlib import Path
from pickle import UnpicklingError
from statistics import fmean

import torch
from tokenizers import Tokenizer
from torch.optim import Optimizer
from transformers import LlamaForCausalLM

from arguments import count, model_folder, output_folder, positive, tokenizer_folder
from learning.architecture import LAYERS
from learning.average import AveragedModel
from learning.batches import Batch, BatchPlan, batches
from learning.checkpoint import layers_of, new_model, save_model
from learning.growth import grown
from learning.optimisation import compile_layers, optimizers, schedule, set_rate, weighted_loss
from learning.workers import average, start

SHORTEST = 64  # tokens: of shorter examples there are too few to wait for
_STATE = "training.pt"
_TOGETHER = 8  # steps between two meetings of the workers


class Training:
    """A model with its optimisers and its place in the budget; worker 0 keeps the books and saves."""

    def __init__(self, options: argparse.Namespace, worker: int) -> None:
        source = options.initial_checkpoint or options.tokenizer
        self.options, self.worker = options, worker
        self.tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
        self.model = self._model().to(options.device)
        self.optimizers: list[Optimizer] = optimizers(self.model)
        self.step = self.tokens = self.runs = 0
        self.stopping = False
        self.used = 0.0  # seconds of processor time per thread of worker 0, over all runs
        self._resume()
        if self.model.config.num_hidden_layers < options.layers:
            self.model = grown(self.model, self.tokenizer, options.layers, options.seed).to(options.device)
            self.optimizers = optimizers(self.model)
        self.average = AveragedModel(self.model)
        # A processor without AVX-512 has no bfloat16 of its own and takes ten times as long as with float32.
        self.half = options.device != "cpu" or torch.backends.cpu.get_cpu_capability() not in ("DEFAULT", "AVX2")
        if options.compile:
            compile_layers(self.model)

    def _model(self) -> LlamaForCausalLM:
        if not self.options.initial_checkpoint:
            return new_model(self.tokenizer, self.options.seed, self.options.layers)
        folder = str(self.options.initial_checkpoint)
        return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)

    @property
    def state_file(self) -> Path:
        """Where the whole state is kept between runs."""
        path: Path = self.options.state / _STATE
        return path

    def _resume(self) -> None:
        if not self.state_file.exists():
            return
        state = torch.load(self.state_file, weights_only=True)
        self.model = new_model(self.tokenizer, self.options.seed, state["layers"]).to(self.options.device)
        self.model.load_state_dict(state["model"])
        self.optimizers = optimizers(self.model)
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.tokens, self.used = state["step"], state["tokens"], state["used"]
        self.runs = state["runs"] + 1  # a new run draws new examples

    def save(self) -> None:
        """Write the state for a later run, and the mean of the latest weights for everybody."""
        state = {
            "layers": self.model.config.num_hidden_layers,
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "tokens": self.tokens,
            "used": self.used,
            "runs": self.runs,
        }
        temporary = self.state_file.with_suffix(".new")
        torch.save(state, temporary)
        os.replace(temporary, self.state_file)
        save_model(self.average.model, self.tokenizer, self.options.state / "exported")
        for folder in [self.options.export] if self.options.export else []:
            save_model(self.average.model, self.tokenizer, folder)

    def learn(self, batch: Batch) -> float:
        """One step; returns the mean loss of the model's own words in nats."""
        ids, weights = batch.ids.to(self.model.device), batch.weights.to(self.model.device)
        with torch.autocast(self.model.device.type, torch.bfloat16, enabled=self.half):
            loss, own = weighted_loss(self.model, ids, weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return float(own)

    def meet(self, losses: list[float], tokens: int, progress: float) -> tuple[float, float]:
        """Go on from the mean of all workers' weights; returns their mean loss, and the progress to go by."""
        workers = self.options.workers
        # Worker 0 has the only clock that counts: the others add nothing to the sum.
        figures = [fmean(losses), progress * workers * (self.worker == 0), float(tokens)]
        loss, shared_progress, shared_tokens = average(self.model, figures)
        set_rate(self.optimizers, self.options.rate * schedule(shared_progress))
        if self.worker == 0:
            self.average.follow(self.model)
        self.step += len(losses)
        self.tokens += round(shared_tokens * workers)
        return loss, shared_progress

    def stop(self, *_signal: object) -> None:
        """End after this step, as if the budget were used; a later run goes on."""
        self.stopping = True

    def run(self) -> None:
        """Learn until the budget is used, saving now and then."""
        # A signal to the whole group, as Ctrl-C is, must not end the others before worker 0 has told them.
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, self.stop if self.worker == 0 else signal.SIG_IGN)
        options, budget = self.options, self.options.hours * 3600
        source = batches(
            self.tokenizer,
            options.seed + 1000 * (self.runs + 1) + self.worker,
            BatchPlan(options.batch_tokens // options.workers, options.longest, options.prompt_weight),
        )
        before = time.process_time()
        began, already = time.monotonic(), self.used / budget
        saved = self.used
        losses: list[float] = []
        tokens, smooth, last = 0, 0.0, options.steps or None
        set_rate(self.optimizers, options.rate * schedule(already))
        for number, batch in enumerate(itertools.islice(source, last), 1):
            losses.append(self.learn(batch))
            tokens += batch.tokens
            if number % _TOGETHER and number != last:
                continue
            now = time.process_time()
            self.used += (now - before) / torch.get_num_threads()
            before = now
            late = (time.monotonic() - began) / (60 * options.minutes) if options.minutes else 0.0
            progress = 1.0 if self.stopping else max(self.used / budget, already + (1 - already) * late)
            own, progress = self.meet(losses, tokens, progress)
            losses, tokens = [], 0
            smooth = own if not smooth else 0.9 * smooth + 0.1 * own
            if self.worker == 0:
                clock = time.strftime("%H:%M:%S")
                line = f"{clock} step {self.step} tokens {self.tokens} loss {smooth:.4f} {100 * progress:.1f}%"
                print(line, flush=True)
            if self.worker == 0 and self.used - saved >= options.save_every * 60:
                self.save()
                saved = self.used
            if progress >= 1:
                break
        if self.worker == 0:
            self.save()


def can_go_on(folder: Path) -> bool:
    """Whether the folder's state can be read, or there is none yet."""
    try:
        return not (folder / _STATE).exists() or "model" in torch.load(folder / _STATE, weights_only=True, mmap=True)
    except (OSError, EOFError, RuntimeError, TypeError, ValueError, UnpicklingError):
        return False


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--state", type=output_folder, required=True, help="folder to save to and resume from")
    beginning = parser.add_mutually_exclusive_group(required=True)
    beginning.add_argument("--tokenizer", type=tokenizer_folder, help="folder with tokenizer.json: start anew")
    beginning.add_argument("--initial-checkpoint", type=model_folder, help="model folder: start from its weights")
    parser.add_argument("--export", type=output_folder, help="model folder to renew whenever the state is saved")
    parser.add_argument("--hours", type=positive, default=1.5, help="budget per thread (default 1.5)")
    parser.add_argument("--minutes", type=positive, default=0, help="end this run in time, whatever the budget")
    parser.add_argument("--steps", type=count, default=0, help="stop after so many steps")
    parser.add_argument("--save-every", type=positive, default=5, help="minutes between saves (default 5)")
    parser.add_argument(
        "--rate",
        type=positive,
        default=1.0,
        help="factor on the learning rates; less for a short run from trained weights",
    )
    parser.add_argument("--batch-tokens", type=count, default=4096, help="tokens per step, with padding")
    parser.add_argument("--longest", type=count, default=768, help="longest example in tokens")
    parser.add_argument("--prompt-weight", type=float, default=0.1, help="weight of the user's words")
    parser.add_argument("--workers", type=count, default=2, help="processes that share the work (default 2)")
    parser.add_argument("--threads", type=count, default=1, help="threads of each process (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights and examples (default 0)")
    parser.add_argument("--compile", action="store_true", help="compile the layers: takes a minute, then saves a third")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("--layers", type=count, default=LAYERS, help="grow to this depth (default 8)")
    options = parser.parse_args()
    if options.longest < SHORTEST:
        parser.error(f"argument --longest: examples are longer than that; {SHORTEST} or more")
    if options.batch_tokens < options.workers * options.longest:
        parser.error("argument --batch-tokens: every worker needs room for one example as long as --longest")
    if options.initial_checkpoint and layers_of(options.initial_checkpoint) > options.layers:
        parser.error("argument --layers: the initial checkpoint has more, and a model can only grow")
    options.state.mkdir(parents=True, exist_ok=True)
    if not can_go_on(options.state):
        parser.error(f"argument --state: {_STATE} in '{options.state}' is damaged; delete it to start anew")

    def work(number: int) -> None:
        torch.set_num_threads(options.threads)
        Training(options, number).run()

    start(work, options.workers, options.state / "meeting")


if __name__ == "__main__":
    main()
