"""A small resource board in memory, for tests, and an example of a driver.

It is everything that the simulated board is not: it reads and writes files itself, runs on its own 20 ms
clock (an event loop timer that stops while nothing is going on), and answers commands a little later, as
boards with firmware do. Its audio is numpy, its lines end at a `MemoryOffice` of its own; the media
engine has no part in it.

    _office    the telephone exchange: who is connected to whom, tones, ringing; the clock
    _phone     MemoryFarEnd, a telephone that tests drive
    _board     Driver and BoardPort; what board loss does
    _line      ChannelPort and LinePort
    _media     MediaPort: which job is told of what, type-ahead, digits, secret
    _jobs      the jobs and their termination rules
    _bus       Bus and MediaStream
    _files     WAV files
    _facade    the board behind `boardcore.Board`, and as the conformance kit wants it
"""

from memory_driver._board import MemoryBoard as MemoryBoard
from memory_driver._board import MemoryDriver as MemoryDriver
from memory_driver._board import MemoryOptions as MemoryOptions
from memory_driver._facade import memory_setup as memory_setup
from memory_driver._facade import open_memory_board as open_memory_board
from memory_driver._office import MemoryOffice as MemoryOffice
from memory_driver._phone import MemoryFarEnd as MemoryFarEnd

__all__ = [
    "MemoryBoard",
    "MemoryDriver",
    "MemoryFarEnd",
    "MemoryOffice",
    "MemoryOptions",
    "memory_setup",
    "open_memory_board",
]
