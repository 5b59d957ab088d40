"""Train jobai-nano on examples made on the fly.

    python scripts/nano/train.py --state DIR --tokenizer DIR --hours 1.5
    python scripts/nano/train.py --state DIR --initial-checkpoint src/jobai_server/embedded/jobai_nano

The budget counts processor time, so a process that is stopped for a while loses nothing. A run whose
state folder holds a checkpoint goes on from there.
"""

import argparse
import itertools
import os
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.optim import Optimizer
from transformers import LlamaForCausalLM

from learning.architecture import LAYERS
from learning.batches import Batch, BatchPlan, batches
from learning.checkpoint import new_model, save_model
from learning.growth import grown
from learning.optimisation import optimizers, schedule, set_rate, weighted_loss


class Training:
    """A model with its optimisers and its place in the budget."""

    def __init__(self, options: argparse.Namespace) -> None:
        source = options.initial_checkpoint or options.tokenizer
        self.options = options
        self.tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
        self.model = self._model().to(options.device)
        self.optimizers: list[Optimizer] = optimizers(self.model)
        self.step = self.tokens = self.runs = 0
        self.used = 0.0  # seconds of processor time per thread, over all runs
        self._resume()
        if self.model.config.num_hidden_layers < options.layers:
            self.model = grown(self.model, self.tokenizer, options.layers, options.seed).to(options.device)
            self.optimizers = optimizers(self.model)

    def _model(self) -> LlamaForCausalLM:
        if not self.options.initial_checkpoint:
            return new_model(self.tokenizer, self.options.seed, self.options.layers)
        folder = str(self.options.initial_checkpoint)
        return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)

    @property
    def state_file(self) -> Path:
        """Where the whole state is kept between runs."""
        path: Path = self.options.state / "training.pt"
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
        """Write the state for a later run and the weights for everybody."""
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
        save_model(self.model, self.tokenizer, self.options.state / "exported")
        for folder in [self.options.export] if self.options.export else []:
            save_model(self.model, self.tokenizer, folder)

    def learn(self, batch: Batch) -> float:
        """One step; returns the mean loss of the model's own words in nats."""
        ids, weights = batch.ids.to(self.model.device), batch.weights.to(self.model.device)
        with torch.autocast(self.model.device.type, torch.bfloat16):
            loss, own = weighted_loss(self.model, ids, weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += batch.tokens
        return float(own)

    def run(self) -> None:
        """Learn until the budget is used, saving now and then."""
        options, budget = self.options, self.options.hours * 3600
        torch.manual_seed(options.seed + self.runs)
        source = batches(
            self.tokenizer,
            options.seed + 1000 * (self.runs + 1),
            BatchPlan(options.batch_tokens, options.longest, options.prompt_weight),
        )
        before = time.process_time()
        saved = self.used
        smooth = 0.0
        for number, batch in enumerate(itertools.islice(source, options.steps or None)):
            set_rate(self.optimizers, schedule(self.used / budget))
            own = self.learn(batch)
            smooth = own if number == 0 else 0.98 * smooth + 0.02 * own
            now = time.process_time()
            self.used += (now - before) / torch.get_num_threads()
            before = now
            if self.step % 20 == 0:
                share = 100 * self.used / budget
                clock = time.strftime("%H:%M:%S")
                line = f"{clock} step {self.step} tokens {self.tokens} loss {smooth:.4f} {share:.1f}%"
                print(line, flush=True)
            if self.used - saved >= options.save_every * 60:
                self.save()
                saved = self.used
            if self.used >= budget:
                break
        self.save()


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--state", type=Path, required=True, help="folder to save to and resume from")
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument("--tokenizer", type=Path, help="folder with tokenizer.json: start anew")
    start.add_argument("--initial-checkpoint", type=Path, help="model folder: start from its weights")
    parser.add_argument("--export", type=Path, help="model folder to renew whenever the state is saved")
    parser.add_argument("--hours", type=float, default=1.5, help="budget per thread (default 1.5)")
    parser.add_argument("--steps", type=int, default=0, help="stop after so many steps")
    parser.add_argument("--save-every", type=float, default=5, help="minutes between saves (default 5)")
    parser.add_argument("--batch-tokens", type=int, default=4096, help="tokens per step, with padding")
    parser.add_argument("--longest", type=int, default=768, help="longest example in tokens")
    parser.add_argument("--prompt-weight", type=float, default=0.1, help="weight of the user's words")
    parser.add_argument("--threads", type=int, default=2, help="processor threads (default 2)")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights and examples (default 0)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("--layers", type=int, default=LAYERS, help="grow to this depth (default 8)")
    options = parser.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    training = Training(options)
    training.run()


if __name__ == "__main__":
    main()
