// Buffers behind handles.

#include "guest.h"
#include "leaf.h"

#define FN(name) exports_meld_resource_with_lists_buffers_##name

typedef exports_meld_resource_with_lists_buffers_own_buffer_t own;
struct exports_meld_resource_with_lists_buffers_buffer_t { leaf_list_u8_t bytes; };
typedef exports_meld_resource_with_lists_buffers_buffer_t buffer;

static uint32_t live;

static void append(leaf_list_u8_t *bytes, const void *more, size_t len) {
    if (len == 0) return;
    bytes->ptr = realloc(bytes->len ? bytes->ptr : NULL, bytes->len + len);
    memcpy(bytes->ptr + bytes->len, more, len);
    bytes->len += len;
}

static own make(leaf_list_u8_t bytes) {
    buffer *rep = malloc(sizeof *rep);
    rep->bytes = bytes;
    live++;
    return FN(buffer_new)(rep);
}

own FN(constructor_buffer)(leaf_list_u8_t *init) {
    append(init, " leaf", 5);
    return make(*init);
}

void FN(method_buffer_read)(buffer *self, leaf_list_u8_t *ret) {
    ret->ptr = NULL;
    ret->len = 0;
    append(ret, self->bytes.ptr, self->bytes.len);
}

void FN(method_buffer_write)(buffer *self, leaf_list_u8_t *data) {
    append(&self->bytes, data->ptr, data->len);
    leaf_list_u8_free(data);
}

void FN(method_buffer_words)(buffer *self, leaf_list_string_t *words, leaf_list_string_t *ret) {
    ret->len = words->len + 1;
    ret->ptr = malloc(ret->len * sizeof *ret->ptr);
    for (size_t i = 0; i < words->len; i++) ret->ptr[i] = words->ptr[words->len - 1 - i];
    leaf_string_dup_n(&ret->ptr[words->len], (const char *)self->bytes.ptr, self->bytes.len);
    // The strings moved; only the array is left.
    if (words->len) free(words->ptr);
}

void FN(static_buffer_swap)(leaf_list_u8_t *data, leaf_list_u8_t *ret) {
    for (size_t i = 0; i < data->len / 2; i++) {
        uint8_t x = data->ptr[i];
        data->ptr[i] = data->ptr[data->len - 1 - i];
        data->ptr[data->len - 1 - i] = x;
    }
    *ret = *data;
}

own FN(static_buffer_from_parts)(exports_meld_resource_with_lists_buffers_list_own_buffer_t *parts) {
    leaf_list_u8_t all = {NULL, 0};
    for (size_t i = 0; i < parts->len; i++) {
        buffer *part = FN(buffer_rep)(parts->ptr[i]);
        append(&all, part->bytes.ptr, part->bytes.len);
        FN(buffer_drop_own)(parts->ptr[i]);
    }
    if (parts->len) free(parts->ptr);
    return make(all);
}

void FN(buffer_destructor)(buffer *rep) {
    live--;
    leaf_list_u8_free(&rep->bytes);
    free(rep);
}

uint32_t exports_meld_resource_with_lists_trace_live(void) {
    return live;
}
