"""The book's code, to run and to copy into a project of your own.

    scratch copy --list                        what there is to copy
    scratch copy micrograd my-project          a unit, as a folder
    scratch copy micrograd/trace my-project    a module and its companions

    scratch makemore train --model gpt         models of words
    scratch bpe train my-texts                 tokenizers
    scratch cuda run script.py                 a PyCUDA script, without a GPU
"""

import sys

try:
    import runpy

    import click
except KeyboardInterrupt:    # before main can answer it
    print("stopped", file=sys.stderr)
    sys.exit(130)

THROUGH = {"ignore_unknown_options": True, "allow_extra_args": True,
           "help_option_names": []}


# \b makes click keep the lines of a paragraph as they are written.
@click.group(help=__doc__.replace("\n\n", "\n\n\b\n"),
             context_settings={"help_option_names": ["-h", "--help"]})
def program():
    pass


@program.command()
@click.argument("name", required=False)
@click.argument("folder", required=False, metavar="DIR")
@click.option("--list", "listing", is_flag=True, help="Show what there is.")
@click.option("--force", is_flag=True, help="Write over files that differ.")
def copy(name, folder, listing, force):
    """Copy a unit or a module, NAME, into the folder DIR.

    Its companions, the licence and a test, which runs its examples, come along.
    """
    from .cli import copying

    if listing:
        for each, what in copying.known().items():
            click.echo(f"{each:32} {what}")
        return
    if not (name and folder):
        raise click.UsageError("which unit or module, and into which folder? For "
                               "example, scratch copy micrograd my-project")
    written, same = copying.copy(copying.asked(name), folder, force)
    for path in written:
        click.echo(f"wrote {path}")
    if same:
        click.echo(f"{len(same)} file{'s' * (len(same) > 1)} there already, unchanged")


def add_program(name, what):
    """A command that is a program of the package; its own arguments are its own."""
    @program.command(name, short_help=what, context_settings=THROUGH)
    @click.pass_context
    def run(context):
        sys.argv = [f"scratch {name}", *context.args]
        runpy.run_module(f"scratch.{name}", run_name="__main__", alter_sys=True)


add_program("makemore", "Train models of words, and sample from them.")
add_program("bpe", "Train tokenizers, and use them.")
add_program("cuda", "Run PyCUDA scripts, without a GPU, too.")


def main(arguments=None):
    """Run the command line -> the exit status: 0, 2 for bad input, 130 for Ctrl-C."""
    try:
        program.main(arguments, "scratch", standalone_mode=False)
        return 0
    except click.ClickException as error:
        error.show()
    except (click.Abort, KeyboardInterrupt):
        print("stopped", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
    except ValueError as error:
        print(error, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
