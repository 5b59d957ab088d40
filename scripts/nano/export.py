"""Put trained weights where the package ships them, after checking that they load and answer.

python scripts/nano/export.py --source STATE/exported --target src/jobai_server/embedded/jobai_nano

With several sources, of one training, the mean of their weights.
"""

import argparse
import tempfile
from pathlib import Path

from tokenizers import Tokenizer

from arguments import model_folder, output_folder
from learning.checkpoint import copy_model, mean_of, of_one_kind, save_model
from scoring.checkpoint import Checkpoint
from scoring.questions import Question

_PROMPT = 'Extract the job title from: "Senior Software Engineer at Google"'


def main() -> None:
    """Check the source and copy it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--source", type=model_folder, required=True, nargs="+", help="model folder that training wrote, or several"
    )
    parser.add_argument("--target", type=output_folder, required=True, help="folder to renew")
    options = parser.parse_args()
    if not of_one_kind(options.source):
        parser.error("argument --source: models of other depths or with other tokenizers have no mean")
    with tempfile.TemporaryDirectory() as temporary:
        source = options.source[0]
        if len(options.source) > 1:
            tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
            source = Path(temporary) / "mean"
            save_model(mean_of(options.source), tokenizer, source)
        check(source)
        copy_model(source, options.target)


def check(folder: Path) -> None:
    """Have a model answer; one whose answer does not end is not good for anything."""
    question = Question("title", ({"role": "user", "content": _PROMPT},), "Senior Software Engineer", {})
    [answer] = Checkpoint(folder).ask([question])
    print(f"{_PROMPT}\n{answer.text}")
    if not answer.finished:
        raise SystemExit("The answer does not end: nothing was copied.")


if __name__ == "__main__":
    main()
