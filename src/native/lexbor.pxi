"""lexbor's trees by the functions that selectolax's library exports."""

from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.string cimport memcmp, strlen
from posix.dlfcn cimport RTLD_LAZY, dlopen, dlsym

import selectolax.lexbor

ctypedef unsigned char byte
ctypedef void* (*_Step)(void*) noexcept nogil
ctypedef const byte* (*_Text)(void*, size_t*) noexcept nogil
ctypedef size_t (*_Number)(void*) noexcept nogil

cdef void* _library = dlopen(selectolax.lexbor.__file__.encode(), RTLD_LAZY)


cdef void* _exported(bytes name) except NULL:
    found = dlsym(_library, name) if _library != NULL else NULL
    if found == NULL:
        raise ImportError(f"selectolax's library does not export {name.decode()}")
    return found


cdef _Step _first_child = <_Step>_exported(b"lxb_dom_node_first_child_noi")
cdef _Step _next = <_Step>_exported(b"lxb_dom_node_next_noi")
cdef _Step _parent = <_Step>_exported(b"lxb_dom_node_parent_noi")
cdef _Step _first_attribute = <_Step>_exported(b"lxb_dom_element_first_attribute_noi")
cdef _Step _next_attribute = <_Step>_exported(b"lxb_dom_element_next_attribute_noi")
cdef _Number _tag_number = <_Number>_exported(b"lxb_dom_node_tag_id_noi")
cdef _Number _node_type = <_Number>_exported(b"lxb_dom_node_type_noi")
cdef _Text _attribute_name = <_Text>_exported(b"lxb_dom_attr_qualified_name")
cdef _Text _attribute_value = <_Text>_exported(b"lxb_dom_attr_value_noi")
cdef _Text _text_content = <_Text>_exported(b"lxb_dom_node_text_content")
cdef _Text _tag_name = <_Text>_exported(b"lxb_dom_element_qualified_name")

cdef enum:
    ELEMENT_NODE = 1
    TEXT_TAG = 2  # the number of text nodes
    KNOWN_TAGS = 512  # the parser's numbers of HTML's own elements are below


# A text's bytes where they lie: the function copies them, which costs more than anything else that is done with them. Texts of known length
# tell whether they do lie there, in the library that is loaded; if not, the function serves.
cdef struct _TextNode:
    unsigned char node[96]
    const byte* data
    size_t length

cdef _TextNode* _found
cdef bint _text_is_in_place = True
for _probe in ("probe", "and another one"):
    _tree = selectolax.lexbor.LexborHTMLParser(f"<p>{_probe}")
    _found = <_TextNode*><size_t>_tree.css_first("p").first_child.mem_id
    if _found.length != len(_probe) or _found.data == NULL or _found.data[:_found.length] != _probe.encode():
        _text_is_in_place = False
        break


cdef inline const byte* _text_of_node(void* node, size_t* length) noexcept:
    """The bytes of a text node."""
    if _text_is_in_place:
        length[0] = (<_TextNode*>node).length
        return (<_TextNode*>node).data
    return _text_content(node, length)


cdef inline str _decoded(const byte* text, size_t length):
    return PyUnicode_DecodeUTF8(<const char*>text, length, "replace")


cdef inline bint _is(const byte* text, size_t length, const char* wanted) noexcept:
    return length == strlen(wanted) and memcmp(text, wanted, length) == 0


cdef str _value_of(void* element, const char* wanted):
    """The value of an element's attribute, None where it has none or an empty one."""
    cdef size_t length = 0
    cdef const byte* text
    cdef void* attribute = _first_attribute(element)
    while attribute != NULL:
        text = _attribute_name(attribute, &length)
        if _is(text, length, wanted):
            text = _attribute_value(attribute, &length)
            return _decoded(text, length) if text != NULL and length else None
        attribute = _next_attribute(attribute)
    return None


cdef void* _following(void* node, void* root) noexcept:
    """The node after this one in page order, NULL behind the last one below the root."""
    cdef void* found = _first_child(node)
    while found == NULL:
        if node == root:
            return NULL
        found = _next(node)
        if found == NULL:
            node = _parent(node)
    return found


cdef dict _attributes(void* element):
    cdef dict attributes = {}
    cdef size_t length = 0, value_length = 0
    cdef const byte* text
    cdef const byte* value
    cdef void* attribute = _first_attribute(element)
    while attribute != NULL:
        text = _attribute_name(attribute, &length)
        value = _attribute_value(attribute, &value_length)
        attributes[_decoded(text, length)] = _decoded(value, value_length) if value != NULL else None
        attribute = _next_attribute(attribute)
    return attributes


cdef str _text_of(void* element, str separator):
    cdef list texts = []
    cdef size_t length = 0
    cdef const byte* text
    cdef void* node = _following(element, element)
    while node != NULL:
        if _tag_number(node) == TEXT_TAG:
            text = _text_of_node(node, &length)
            if text != NULL:
                texts.append(_decoded(text, length))
        node = _following(node, element)
    return separator.join(texts)
