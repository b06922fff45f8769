"""Prints the results of a module's unittest cases as TAP."""

import re
import sys
import unittest


class Tap(unittest.TestResult):
    """Prints a line for each test."""

    count = 0

    def say(self, result, test, more=""):
        self.count += 1
        name = test.id().replace("__main__.", "")
        print("%s %d - %s%s" % (result, self.count, name, more), flush=True)

    def addSuccess(self, test):
        self.say("ok", test)

    def addSkip(self, test, reason):
        self.say("ok", test, " # SKIP " + reason)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.say("not ok", test)
        print(re.sub("^", "# ", self.failures[-1][1], flags=re.MULTILINE))

    def addError(self, test, error):
        self.addFailure(test, error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.addFailure(subtest, error)


def run_cases(names=()):
    """Runs the cases of the program, or those of these names, and ends it."""
    tap, loader, here = Tap(), unittest.defaultTestLoader, sys.modules["__main__"]
    suite = loader.loadTestsFromNames(names, here) if names else loader.loadTestsFromModule(here)
    suite.run(tap)
    print("1..%d" % tap.count)
    sys.exit(0 if tap.wasSuccessful() and tap.count > 0 else 1)
