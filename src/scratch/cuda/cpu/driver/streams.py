"""PyCUDA's streams and events for the CPU engine.

    >>> start = Event().record()
    >>> start.time_till(Event().record()) >= 0
    True

A launch is done when it returns, so there is nothing for them to put in order.
"""

import time

from .devices import LogicError

__all__ = ["Event", "Stream"]


class Stream:
    """A queue of work; here each piece of work is done when it is issued."""

    handle = 0

    def __init__(self, flags=0):
        pass

    def synchronize(self):
        pass

    def is_done(self):
        return True

    def wait_for_event(self, event):
        pass


class Event:
    """A point in time: record() it, and ask for the milliseconds between two."""

    def __init__(self, flags=0):
        self.moment = None

    def record(self, stream=None):
        self.moment = time.perf_counter()
        return self

    def synchronize(self):
        return self

    def query(self):
        return True

    def time_since(self, event):
        """Milliseconds from event to self."""
        if self.moment is None or event.moment is None:
            raise LogicError("cuEventElapsedTime failed: an event was not recorded")
        return (self.moment - event.moment) * 1e3

    def time_till(self, event):
        """Milliseconds from self to event."""
        return event.time_since(self)
