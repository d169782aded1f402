"""Text in UTF-8 as ``folding.py`` folds it."""

from libc.stdlib cimport free, realloc
from libc.string cimport memcpy


cdef Py_ssize_t _letters(const byte* text, size_t length) noexcept:
    """How many characters a text has."""
    cdef Py_ssize_t letters = 0
    cdef size_t at
    for at in range(length):
        letters += (text[at] & 0xC0) != 0x80
    return letters


cdef bint _is_space(const byte* text, size_t length):
    """Whether a text (not empty) is white space and nothing else."""
    cdef size_t at
    for at in range(length):
        if text[at] >= 0x80:
            return _decoded(text, length).isspace()
        if not _is_ascii_space(text[at]):
            return False
    return True


cdef inline bint _is_ascii_space(byte c) noexcept:
    return c == 32 or 9 <= c <= 13 or 28 <= c <= 31


cdef enum _Sign:
    SHOWN
    SPACE
    INVISIBLE


cdef _Sign _sign(const byte* text, size_t left, size_t* length) noexcept:
    """What the character (beyond ASCII) is to ``folding.fold``, and how many bytes it has; ``left`` are the bytes to the text's end."""
    cdef byte first = text[0], second, third
    length[0] = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    if length[0] > left:
        length[0] = left
        return SHOWN
    second = text[1] if length[0] > 1 else 0
    third = text[2] if length[0] > 2 else 0
    if first == 0xC2:
        return SPACE if second == 0x85 or second == 0xA0 else INVISIBLE if second == 0xAD else SHOWN
    if first == 0xE2:
        if second == 0x80:
            if third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF:
                return SPACE
            return INVISIBLE if third == 0x8B or third == 0x8E or third == 0x8F or 0xAA <= third <= 0xAE else SHOWN
        if second == 0x81:
            return SPACE if third == 0x9F else INVISIBLE if third == 0xA0 or 0xA6 <= third <= 0xA9 else SHOWN
        return SHOWN
    if (first == 0xE1 and second == 0x9A and third == 0x80) or (first == 0xE3 and second == 0x80 and third == 0x80):
        return SPACE
    return INVISIBLE if first == 0xEF and second == 0xBB and third == 0xBF else SHOWN


cdef class _Bytes:
    """Bytes of UTF-8 that grow."""

    cdef byte* data
    cdef size_t length, room

    def __dealloc__(self):
        free(self.data)

    cdef int reserve(self, size_t more) except -1:
        if self.length + more > self.room:
            room = 2 * (self.length + more) + 1024
            grown = realloc(self.data, room)
            if grown == NULL:
                raise MemoryError
            self.data, self.room = <byte*>grown, room
        return 0

    cdef int add(self, const byte* text, size_t length) except -1:
        self.reserve(length)
        memcpy(self.data + self.length, text, length)
        self.length += length
        return 0

    cdef int add_folded(self, const byte* text, size_t length) except -1:
        """Add a text with white space folded and without invisible characters, as ``folding.fold`` does."""
        cdef size_t at = 0, size = 1, start
        cdef bint spaced = False
        cdef _Sign sign
        self.reserve(length)
        start = self.length
        while at < length:
            if text[at] < 0x80:
                size, sign = 1, SPACE if _is_ascii_space(text[at]) else SHOWN
            else:
                sign = _sign(text + at, length - at, &size)
            if sign == SPACE:
                spaced = True
            elif sign == SHOWN:
                if spaced and self.length > start:
                    self.data[self.length] = 32
                    self.length += 1
                spaced = False
                while size:
                    self.data[self.length] = text[at]
                    self.length += 1
                    at += 1
                    size -= 1
                continue
            at += size
        return 0

    cdef str whole(self):
        return _decoded(self.data, self.length)


cdef inline bint _is_space_at(const byte* text, size_t left, size_t* size) noexcept:
    """Whether a text begins with white space, which takes ``size`` bytes."""
    if text[0] >= 0x80:
        return _sign(text, left, size) == SPACE
    size[0] = 1
    return _is_ascii_space(text[0])


cdef bint _is_blank(const byte* text, size_t length) noexcept:
    """Whether a text is nothing but what HTML calls white space."""
    cdef size_t at
    for at in range(length):
        if text[at] != 32 and text[at] != 9 and text[at] != 10 and text[at] != 12 and text[at] != 13:
            return False
    return True
