"""The tests of web.py."""

import sys
import unittest

from web import greeting


class Greeting(unittest.TestCase):
    def test_it_names_the_reader(self):
        self.assertIn("reader", greeting("reader"))


if __name__ == "__main__":
    colour = "\033[3{}m{}\033[0m" if sys.stdout.isatty() else "{1}"
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=0)
    result = unittest.main(exit=False, testRunner=runner).result
    print(colour.format(*((2, "all well") if result.wasSuccessful() else (1, "BROKEN"))))
