"""``body/walk.py``: the walk over a page's tree that makes its blocks and containers."""

from libc.stdlib cimport free, realloc
from libc.string cimport memcmp

from ingest.extract.body import elements as rules
from ingest.extract.body import tags as numbers
from ingest.extract.body.folding import fold, fold_lines
from ingest.extract.body.marks import NO_MARK, mark_of
from ingest.extract.body.reading import RawBlock, Reading
from ingest.extract.body.sentences import is_label
from ingest.model import BlockKind, DropReason

cdef size_t SKIPPED = numbers.SKIPPED, BREAK = numbers.BREAK, INLINE = numbers.INLINE, LINK = numbers.LINK, FORMATTED = numbers.FORMATTED
cdef size_t EMPHASIS = numbers.EMPHASIS, NAMED = numbers.NAMED, CELL = numbers.CELL, BLOCK = numbers.BLOCK
cdef size_t CUSTOM = numbers.CUSTOM, P = numbers.P
cdef Py_ssize_t PARAGRAPH_BREAKS = rules.PARAGRAPH_BREAKS, LONG_CELL = rules.LONG_CELL, LONGEST_NAMES = rules.LONGEST_NAMES
cdef size_t LONGEST_BOILERPLATE = rules.LONGEST_BOILERPLATE, RUN = rules.RUN, RUN_WIDE = rules.RUN_WIDE
cdef Py_ssize_t MOST_SCANNED = rules.MOST_SCANNED
cdef double WHOLE = rules.WHOLE, STRONG = rules.STRONG
cdef object PARAGRAPH = BlockKind.PARAGRAPH, HEADING = BlockKind.HEADING, PREFORMATTED = BlockKind.PREFORMATTED
cdef object TABLE_ROW = BlockKind.TABLE_ROW, HIDDEN = DropReason.HIDDEN
cdef object _new_tuple = tuple.__new__
cdef object is_read_out = rules.is_read_out, hides = rules.hides, SENTENCE = rules.SENTENCE

# What the tables say of each element, by its number; kinds by their place in _kinds, of which the last stands for none.
cdef list _kinds = [*BlockKind, None]
cdef enum:
    MOST_KINDS = 16
cdef size_t NO_KIND = len(_kinds) - 1, PARAGRAPH_KIND = _kinds.index(BlockKind.PARAGRAPH)
cdef size_t _roles[KNOWN_TAGS]
cdef size_t _own_kinds[KNOWN_TAGS]
cdef size_t _kinds_within[MOST_KINDS][MOST_KINDS]
cdef bint _is_whole[KNOWN_TAGS]
cdef list _claims = [numbers.CLAIMS.get(number) for number in range(KNOWN_TAGS)]
for _number in range(KNOWN_TAGS):
    _roles[_number] = numbers.ROLES.get(_number, numbers.INLINE)
    _own_kinds[_number] = _kinds.index(numbers.KINDS.get(_number))
    _is_whole[_number] = _number in numbers.WHOLES
for _number, _around in enumerate(BlockKind):
    for _other, _own in enumerate(_kinds):
        _kinds_within[_number][_other] = _kinds.index(rules.kind_within(_around, _own))


cdef bint _names_purpose(const byte* name, size_t length) noexcept:
    """Whether an attribute of that name is one of ``elements.NAMING``."""
    if length == 2:
        return memcmp(name, b"id", 2) == 0
    if length == 5:
        return memcmp(name, b"class", 5) == 0
    if length == 4:
        return memcmp(name, b"role", 4) == 0
    if length == 8:
        return memcmp(name, b"itemprop", 8) == 0
    if length == 10:
        return memcmp(name, b"aria-label", 10) == 0
    if length < 7 or memcmp(name, b"data-", 5) != 0:
        return False
    return (
        _is(name, length, b"data-testid") or _is(name, length, b"data-component") or _is(name, length, b"data-module")
        or _is(name, length, b"data-type") or _is(name, length, b"data-qa")
    )


cdef str _names(void* element, bint* hidden):
    """The values of the attributes that name an element's purpose; ``hidden``, where given, is set if its own attributes hide it."""
    cdef str names = None
    cdef size_t length = 0
    cdef const byte* text
    cdef void* attribute = _first_attribute(element)
    while attribute != NULL:
        text = _attribute_name(attribute, &length)
        if _names_purpose(text, length):
            text = _attribute_value(attribute, &length)
            if text != NULL and length:
                value = _decoded(text, length)
                names = value if names is None else names + " " + value
        elif hidden != NULL and _is(text, length, b"hidden"):
            hidden[0] = True
        elif hidden != NULL and _is(text, length, b"style"):
            text = _attribute_value(attribute, &length)
            if text != NULL and length and hides(_decoded(text, length)):
                hidden[0] = True
        attribute = _next_attribute(attribute)
    if names is None:
        return ""
    return names[:LONGEST_NAMES] if len(names) > LONGEST_NAMES else names


cdef bint _is_read_out(void* element) except -1:
    names, style = _value_of(element, b"class"), _value_of(element, b"style")
    return (names is not None or style is not None) and is_read_out(names, style)


cdef void* _with_room(void* items, size_t count, size_t* room, size_t size) except NULL:
    """The array, with room for one more item behind the ``count`` that it has."""
    if count < room[0]:
        return items
    cdef size_t wanted = 64 + 2 * count
    cdef void* grown = realloc(items, wanted * size)
    if grown == NULL:
        raise MemoryError
    room[0] = wanted
    return grown


cdef int _add_texts_below(void* root, _Bytes gathered) except -1:
    """Add the text below an element, a line for each text node that is no white space, without white space around it."""
    cdef size_t length = 0, start, end, last, size = 1
    cdef const byte* text
    cdef bint first = True
    cdef void* node = _following(root, root)
    while node != NULL:
        text = _text_of_node(node, &length) if _tag_number(node) == TEXT_TAG else NULL
        if text != NULL and length:
            start, end = 0, length
            while start < end and _is_space_at(text + start, end - start, &size):
                start += size
            while start < end:
                last = end - 1
                while last > start and text[last] & 0xC0 == 0x80:
                    last -= 1
                if not _is_space_at(text + last, end - last, &size):
                    break
                end = last
            if start < end or not _is_blank(text, length):
                if not first:
                    gathered.add(b"\n", 1)
                first = False
                gathered.add(text + start, end - start)
        node = _following(node, root)
    return 0


cdef struct _Opened:
    void* node
    size_t role
    Py_ssize_t saved


cdef struct _Emphasised:
    void* node
    Py_ssize_t letters


cdef class _Walk:
    """``walk._Walk`` without the marks of site rules."""

    cdef list blocks, holders, parents, ends, first_blocks, end_blocks, tags, names, marks
    cdef dict claimed
    cdef object headlines
    cdef Py_ssize_t unscanned, current, letters, link_letters, strong_letters
    cdef _Bytes text, folded, line
    cdef size_t* kinds  # of each container, as a place in _kinds: what text directly in it is
    cdef size_t kinds_room
    cdef _Opened* opened
    cdef size_t opened_count, opened_room
    cdef _Emphasised* inlines
    cdef size_t inlines_count, inlines_room

    def __init__(self, reading, headlines):
        self.blocks, self.holders, self.parents, self.ends = reading.blocks, reading.holders, reading.parents, reading.ends
        self.first_blocks, self.end_blocks, self.tags = reading.first_blocks, reading.end_blocks, reading.tags
        self.names, self.marks, self.claimed = reading.names, reading.marks, reading.claimed
        self.headlines = headlines
        self.text, self.folded, self.line = _Bytes(), _Bytes(), _Bytes()
        self.unscanned = MOST_SCANNED

    def __dealloc__(self):
        free(self.kinds)
        free(self.opened)
        free(self.inlines)

    cdef int visit(self, void* body) except -1:
        """Visit all nodes below ``body``, without recursion."""
        cdef Py_ssize_t breaks = 0, links_open = 0, strong_open = 0, saved, letters
        cdef size_t tag, role, length = 0
        cdef const byte* text
        cdef void* child
        cdef _Opened last
        self.open_block(body, _tag_number(body))
        cdef void* node = _first_child(body)
        while True:
            if node == NULL:
                if not self.opened_count:
                    break
                self.opened_count -= 1
                last = self.opened[self.opened_count]
                node, role, saved = last.node, last.role, last.saved
                if role >= CELL:
                    if self.text.length and (role == BLOCK or self.letters > LONG_CELL):
                        self.flush()
                        breaks = 0
                    self.close_block(saved)
                elif role == LINK:
                    links_open -= 1
                elif role >= FORMATTED:
                    if role <= EMPHASIS:
                        strong_open -= 1
                    if role >= EMPHASIS and self.letters > saved:
                        self.inlines = <_Emphasised*>_with_room(self.inlines, self.inlines_count, &self.inlines_room, sizeof(_Emphasised))
                        self.inlines[self.inlines_count] = _Emphasised(node, self.letters - saved)
                        self.inlines_count += 1
                node = _next(node)
                continue
            tag = _tag_number(node)
            if tag == TEXT_TAG:
                text = _text_of_node(node, &length)
                if text != NULL and length:
                    if _is_space(text, length):
                        if self.text.length:
                            self.text.add(b" ", 1)
                    else:
                        breaks = 0
                        self.text.add(text, length)
                        letters = _letters(text, length)
                        self.letters += letters
                        if links_open:
                            self.link_letters += letters
                        if strong_open:
                            self.strong_letters += letters
                node = _next(node)
                continue
            role = _roles[tag] if tag < KNOWN_TAGS else INLINE
            if role == BREAK:
                breaks += 1
                if breaks == PARAGRAPH_BREAKS:
                    self.flush()
                    breaks = 0
                else:
                    self.text.add(b" ", 1)
            child = _first_child(node)
            if child == NULL or role == SKIPPED:
                node = _next(node)
                continue
            if tag > CUSTOM and <size_t>self.tags[self.current] != P:
                role = BLOCK
            if role >= CELL:
                if self.text.length:
                    if role == CELL:
                        self.text.add(b" ", 1)
                    else:
                        self.flush()
                        breaks = 0
                saved = self.current
                if not self.open_block(node, tag):
                    self.close_block(saved)
                    node = _next(node)
                    continue
            elif role == NAMED and _is_read_out(node):
                node = _next(node)
                continue
            else:
                saved = self.letters
                if role == LINK:
                    links_open += 1
                elif FORMATTED <= role <= EMPHASIS:
                    strong_open += 1
            self.opened = <_Opened*>_with_room(self.opened, self.opened_count, &self.opened_room, sizeof(_Opened))
            self.opened[self.opened_count] = _Opened(node, role, saved)
            self.opened_count += 1
            node = child
        self.flush()
        self.close_block(0)
        return 0

    cdef bint open_block(self, void* node, size_t tag) except -1:
        """Note a container; False where it is boilerplate as a whole, and was read as one block."""
        cdef Py_ssize_t outer = self.current, index = len(self.tags)
        cdef size_t own_kind = _own_kinds[tag] if tag < KNOWN_TAGS else NO_KIND
        cdef bint hidden = False
        cdef str names = _names(node, &hidden)
        cdef object mark = NO_MARK, claim = _claims[tag] if tag < KNOWN_TAGS else None
        self.current = index
        if names:
            mark = mark_of(names)
            if claim is None:
                claim = mark.reason
        if hidden:
            claim = HIDDEN
        self.kinds = <size_t*>_with_room(self.kinds, index, &self.kinds_room, sizeof(size_t))
        self.kinds[index] = _kinds_within[self.kinds[outer] if index else PARAGRAPH_KIND][own_kind]
        self.parents.append(outer)
        self.ends.append(index + 1)
        self.first_blocks.append(len(self.blocks))
        self.end_blocks.append(0)
        self.tags.append(tag)
        self.names.append(names)
        self.marks.append(mark)
        if claim is None or not index:
            return True
        self.claimed[index] = claim
        if own_kind != NO_KIND or (tag < KNOWN_TAGS and _is_whole[tag]) or mark.body or self.unscanned <= 0:
            return True
        folded = self.boilerplate(node)
        if folded:
            self.add(PARAGRAPH, folded, len(folded), NO_MARK)
        return folded is None

    cdef str boilerplate(self, void* node):
        """What ``elements.boilerplate_text`` gives for the text of a part."""
        cdef size_t at, line = 0, longest = 0, letters = 0
        cdef bint ascii = True, may_end = False
        cdef byte c, before = 0
        self.folded.length = 0
        _add_texts_below(node, self.folded)
        for at in range(self.folded.length):
            c = self.folded.data[at]
            if c & 0xC0 != 0x80:
                letters += 1
                line += 1
            if c >= 0x80:
                ascii = False
                may_end = True
            elif c == 10:
                longest = max(longest, line - 1)
                line = 0
            elif c == 33 or c == 46 or c == 63:  # ! . ?
                may_end = True
            elif c == 123 or (c == 59 and before == 41) or (c == 34 and before == 61):  # { or ); or ="
                self.unscanned -= _letters(self.folded.data, self.folded.length)
                return None
            before = c
        longest = max(longest, line)
        self.unscanned -= letters
        if letters > LONGEST_BOILERPLATE or longest >= (RUN if ascii else RUN_WIDE):
            return None
        if may_end and SENTENCE.search(self.folded.whole()):
            return None
        self.line.length = 0
        self.line.add_folded(self.folded.data, self.folded.length)
        folded = self.line.whole()
        for headline in self.headlines:
            if headline in folded:
                return None
        return folded

    cdef int close_block(self, Py_ssize_t outer) except -1:
        self.ends[self.current] = len(self.tags)
        self.end_blocks[self.current] = len(self.blocks)
        self.current = outer
        return 0

    cdef int add(self, object kind, str text, Py_ssize_t links, object mark) except -1:
        self.blocks.append(_new_tuple(RawBlock, (kind, text, self.current, links, mark)))
        self.holders.append(self.current)
        return 0

    cdef object inline_mark(self):
        """The mark of an inline element that holds (nearly) all of the block."""
        cdef size_t at
        for at in range(self.inlines_count):
            if self.inlines[at].letters >= self.letters * WHOLE:
                mark = mark_of(_names(self.inlines[at].node, NULL))
                if mark.reason is not None:
                    return mark
        return NO_MARK

    cdef int flush(self) except -1:
        """Close the block whose text has been gathered."""
        cdef str text
        cdef object kind
        if self.letters:
            kind = _kinds[self.kinds[self.current]]
            if kind is PREFORMATTED:
                text = fold_lines(self.text.whole())
            else:
                self.folded.length = 0
                self.folded.add_folded(self.text.data, self.text.length)
                text = self.folded.whole()
            if text:
                if kind is TABLE_ROW and len(text) > LONG_CELL:
                    kind = PARAGRAPH
                elif kind is PARAGRAPH and self.strong_letters > STRONG * self.letters and is_label(text):
                    kind = HEADING
                # White space inside links was counted as letters, too.
                links = self.link_letters * len(text) // self.letters
                self.add(kind, text, links, self.inline_mark() if self.inlines_count else NO_MARK)
            self.inlines_count = 0
            self.letters = self.link_letters = self.strong_letters = 0
        self.text.length = 0
        return 0


def read(tree, headlines):
    """What ``walk.read`` gives for a page without marks of site rules."""
    reading = Reading()
    body = tree.body
    if body is not None:
        walk = _Walk(reading, headlines)
        walk.visit(<void*><size_t>body.mem_id)
    return reading
