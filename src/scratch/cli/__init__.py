"""The program `scratch`. A program, not to copy.

    copying.py    a unit or a module, put into a project with companions, licence, tests
    take.py       what belongs to a module: the file that the book's site hands out by

scratch/__main__.py reads the command line.
"""
