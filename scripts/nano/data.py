"""Look at the corpus, or learn the tokenizer from it.

python scripts/nano/data.py sample --count 5 --split held_out
python scripts/nano/data.py tokenizer --output DIR
"""

import argparse
from itertools import islice

from arguments import count, output_folder
from corpus import mixture
from corpus.dialogue import segments
from corpus.split import Split
from learning.tokenizer import save_tokenizer, train_tokenizer


def main() -> None:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    sample = commands.add_parser("sample", help="print examples")
    sample.add_argument("--count", type=count, default=5, help="how many examples (default 5)")
    sample.add_argument("--split", choices=[s.value for s in Split], default="train")
    sample.add_argument("--seed", type=int, default=0, help="seed of the stream (default 0)")
    learn = commands.add_parser("tokenizer", help="learn the byte-level BPE vocabulary")
    learn.add_argument("--output", type=output_folder, required=True, help="folder for tokenizer.json")
    learn.add_argument("--count", type=count, default=20_000, help="examples to learn from")
    learn.add_argument("--seed", type=int, default=0, help="seed of the stream (default 0)")
    options = parser.parse_args()
    if options.command == "sample":
        show(options.count, Split(options.split), options.seed)
    else:
        texts = (
            text
            for dialogue in islice(mixture.stream(options.seed), options.count)
            for text in (str(message["content"]) for message in dialogue.messages)
        )
        save_tokenizer(train_tokenizer(texts), options.output)


def show(count: int, split: Split, seed: int) -> None:
    """Print examples the way the model reads them."""
    for dialogue in islice(mixture.stream(seed, split), count):
        print(f"=== {dialogue.task}")
        print("".join(text for text, _ in segments(dialogue)))


if __name__ == "__main__":
    main()
