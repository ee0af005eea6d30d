"""What holds for all tests, those of the notebooks too."""

import os

os.environ["TQDM_DISABLE"] = "1"  # progress bars are for people; kernels inherit this
