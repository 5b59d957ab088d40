"""`python -m jobai_server`: the same as the console command, `serve` where nothing is named."""

import sys

from jobai_server.cli import main

if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.argv.append("serve")
    main()
