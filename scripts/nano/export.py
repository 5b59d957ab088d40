"""Put trained weights where the package ships them, after checking that they load and answer.

python scripts/nano/export.py --source STATE/exported --target src/jobai_server/embedded/jobai_nano
"""

import argparse
from pathlib import Path

from arguments import model_folder
from learning.checkpoint import copy_model
from scoring.checkpoint import Checkpoint
from scoring.questions import Question

_PROMPT = 'Extract the job title from: "Senior Software Engineer at Google"'


def main() -> None:
    """Check the source and copy it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--source", type=model_folder, required=True, help="model folder that training wrote")
    parser.add_argument("--target", type=Path, required=True, help="folder to renew")
    options = parser.parse_args()
    question = Question("title", ({"role": "user", "content": _PROMPT},), "Senior Software Engineer", {})
    [answer] = Checkpoint(options.source).ask([question])
    print(f"{_PROMPT}\n{answer.text}")
    if not answer.finished:
        raise SystemExit("The answer does not end: nothing was copied.")
    copy_model(options.source, options.target)


if __name__ == "__main__":
    main()
