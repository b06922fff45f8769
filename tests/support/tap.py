"""Prints the results of a module's unittest cases as TAP."""

import re
import sys
import unittest


class Tap(unittest.TestResult):
    def say(self, result, test, more=""):
        name = test.id().split(".", 1)[1]
        print("%s %d - %s%s" % (result, self.testsRun, name, more), flush=True)

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


def run_cases():
    """Runs the cases of the program, and ends it."""
    tap = Tap()
    unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]).run(tap)
    print("1..%d" % tap.testsRun)
    sys.exit(0 if tap.wasSuccessful() else 1)
