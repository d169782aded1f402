"""``metadata/elements.py``: the elements of a page that may hold metadata."""

from libc.string cimport memcmp, strlen

from ingest.extract.declared import is_jsonld, names_link
from ingest.extract.tag_numbers import number_of

cdef size_t META = number_of("meta"), LINK_TAG = number_of("link"), SCRIPT = number_of("script"), TITLE = number_of("title")
cdef size_t STYLE = number_of("style"), SVG = number_of("svg"), MATH = number_of("math"), H1 = number_of("h1"), TIME = number_of("time")


cdef class Element:
    """An element of a tree that may hold metadata; the tree lives as long as it."""

    cdef void* node
    cdef object tree

    @property
    def tag(self):
        """Its name."""
        cdef size_t length = 0
        cdef const byte* text = _tag_name(self.node, &length)
        return _decoded(text, length) if text != NULL else None

    @property
    def attributes(self):
        """All its attributes; None for the value of an empty one."""
        return _attributes(self.node)

    @property
    def mem_id(self):
        """What tells it from the tree's other elements."""
        return <size_t>self.node

    @property
    def parent(self):
        """The element around it, None for the outermost one."""
        cdef void* parent = _parent(self.node)
        return _element(parent, self.tree) if parent != NULL and _parent(parent) != NULL else None

    @property
    def child(self):
        """The first element directly in it."""
        return _element_from(_first_child(self.node), self.tree)

    @property
    def next(self):
        """The element that follows it in the one around it."""
        return _element_from(_next(self.node), self.tree)

    def text(self, str separator=""):
        """The text in it, with the separator between its pieces."""
        return _text_of(self.node, separator)


cdef Element _element(void* node, object tree):
    cdef Element element = Element.__new__(Element)
    element.node, element.tree = node, tree
    return element


cdef object _element_from(void* node, object tree):
    """The node itself or the first one after it that is an element."""
    while node != NULL and _node_type(node) != ELEMENT_NODE:
        node = _next(node)
    return _element(node, tree) if node != NULL else None


cdef bint _contains(const byte* text, size_t length, const char* wanted) noexcept:
    """Whether a text has the wanted one (in lower case) in it, in capitals or not."""
    cdef size_t at, offset, wanted_length = strlen(wanted)
    if length < wanted_length:
        return False
    for at in range(length - wanted_length + 1):
        offset = 0
        while offset < wanted_length and _lower(text[at + offset]) == <byte>wanted[offset]:
            offset += 1
        if offset == wanted_length:
            return True
    return False


cdef inline byte _lower(byte c) noexcept:
    return c + 32 if 65 <= c <= 90 else c


cdef bint _names_author_or_date(const byte* text, size_t length) noexcept:
    """Whether a class has "byline", "aut" or "date" in it."""
    cdef size_t at
    cdef byte second
    for at in range(length - 2 if length > 2 else 0):
        second = text[at + 1] | 32
        if second == 117:  # aUt
            if text[at] | 32 == 97 and text[at + 2] | 32 == 116:
                return True
        elif second == 97:  # dAte
            if at + 4 <= length and _contains(text + at, 4, b"date"):
                return True
        elif second == 121:  # bYline
            if at + 6 <= length and _contains(text + at, 6, b"byline"):
                return True
    return False


cdef bint _may_hold_metadata(void* element) noexcept:
    """Whether an element's attributes say that it may show who wrote the article, when, or another of its properties."""
    cdef size_t length = 0
    cdef const byte* text
    cdef void* attribute = _first_attribute(element)
    while attribute != NULL:
        text = _attribute_name(attribute, &length)
        if length == 8 and (memcmp(text, b"itemprop", 8) == 0 or memcmp(text, b"property", 8) == 0):
            return True
        if length == 5 and memcmp(text, b"class", 5) == 0:
            text = _attribute_value(attribute, &length)
            if text != NULL and _names_author_or_date(text, length):
                return True
        elif length == 3 and memcmp(text, b"rel", 3) == 0:
            text = _attribute_value(attribute, &length)
            if text != NULL and _contains(text, length, b"author"):
                return True
        attribute = _next_attribute(attribute)
    return False


cdef inline bint _is_in_drawing(void* node) noexcept:
    """Whether a drawing or a formula holds it."""
    cdef size_t tag
    node = _parent(node)
    while node != NULL:
        tag = _tag_number(node)
        if tag == SVG or tag == MATH:
            return True
        node = _parent(node)
    return False


def count_lean(tree):
    """What ``lean_markup.count_lean`` counts."""
    cdef Py_ssize_t count = 0
    cdef size_t tag, length = 0
    cdef const byte* name
    cdef void* attribute
    root = tree.root
    cdef void* top = <void*><size_t>root.mem_id if root is not None else NULL
    cdef void* node = top
    while node != NULL:
        tag = _tag_number(node)
        if tag == SCRIPT or tag == STYLE or tag == SVG:
            attribute = _first_attribute(node)
            while attribute != NULL:
                name = _attribute_name(attribute, &length)
                if _is(name, length, b"data-lean"):
                    count += _first_child(node) == NULL and not (tag == SCRIPT and _is_in_drawing(node))
                    break
                attribute = _next_attribute(attribute)
        node = _following(node, top)
    return count


def find_elements(tree):
    """What ``elements.find_elements`` gives, as the arguments of ``Elements``."""
    cdef list metas = [], links = [], documents = [], shown = []
    cdef str title = None, value
    cdef size_t tag
    root = tree.root
    cdef void* top = <void*><size_t>root.mem_id if root is not None else NULL
    cdef void* node = top
    while node != NULL:
        tag = _tag_number(node)
        if _node_type(node) != ELEMENT_NODE:
            pass
        elif tag == META:
            metas.append(_attributes(node))
        elif tag == LINK_TAG:
            value = _value_of(node, b"rel")
            if value is not None and names_link(value):
                links.append(_attributes(node))
        elif tag == SCRIPT:
            value = _value_of(node, b"type")
            if value is not None and is_jsonld(value):
                documents.append(_text_of(node, ""))
        elif tag == TITLE:
            if title is None:
                title = _text_of(node, "")
        elif tag != STYLE and (tag == H1 or tag == TIME or _may_hold_metadata(node)):
            shown.append(_element(node, tree))
        node = _following(node, top)
    return root.attributes if root is not None else {}, metas, links, documents, title, shown
