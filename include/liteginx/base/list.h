/* Intrusive doubly linked list: a node lives inside its owner and is in one list at most. */
#ifndef LITEGINX_BASE_LIST_H
#define LITEGINX_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
  struct list *next, *prev;
};

/* The struct of `type` whose member `member` is at `pointer`. */
#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Walks from first to last; the body may remove `node` itself, no other. */
#define LIST_EACH(node, head)                                                       \
  for (struct list *node = (head)->next, *node##_next = node->next; node != (head); \
       node = node##_next, node##_next = node->next)

static inline void list_init(struct list *head) {
  head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head) {
  return head->next == head;
}

/* Puts `node` in front of `place`; with the head as place: at the end. */
static inline void list_insert(struct list *place, struct list *node) {
  node->next = place;
  node->prev = place->prev;
  place->prev->next = node;
  place->prev = node;
}

static inline void list_append(struct list *head, struct list *node) {
  list_insert(head, node);
}

static inline void list_prepend(struct list *head, struct list *node) {
  list_insert(head->next, node);
}

/* Takes `node` out and leaves it as an empty list, so that a second removal is harmless. */
static inline void list_remove(struct list *node) {
  node->prev->next = node->next;
  node->next->prev = node->prev;
  list_init(node);
}

#endif
