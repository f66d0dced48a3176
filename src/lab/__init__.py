"""Run the book's tests against the reader's code, and explain what fails.

    make lab                                 every exercise, and which ones pass
    make lab mine=labs/micrograd/engine.py   one file, and its first mistake explained
    pytest tests/micrograd --mine labs/micrograd/engine.py    all of the unit's tests

A lab is a file of stubs that readers fill in where they are.  Each exercise is graded by itself, in a
process of its own, so that everything around it is the book's: first by the examples in its
docstring, each below the title of the section of the chapter that explains it, then by the module's
tests.  A failure is reported together with that section's takeaway.

    stub        the format of a lab's file, and the reader's code put in the place of the book's
    examples    grading by the examples of a docstring
    plugin      grading by the module's tests: a plugin for pytest
    kernels     what labs of CUDA C call: run, loads, empty
    grade       an exercise graded in the process that is running
    judge       an exercise graded in a process of its own
    page        an exercise graded in a browser, for the site's page of labs
    __main__    make lab
"""
