/* A BIO of our own, since none of OpenSSL's hands out a block that is somebody else's. */
#include "liteginx/net/tls_desk.h"

#include <stdlib.h>

enum { BLOCKS_BYTES = TLS_DESK_OPENED_BYTES + TLS_DESK_SEALED_BYTES + TLS_DESK_RECORD_BYTES };

static void desk_free(struct loop *loop);
static int bio_read(BIO *bio, char *bytes, size_t room, size_t *got);
static int bio_write(BIO *bio, const char *bytes, size_t len, size_t *written);
static long bio_ctrl(BIO *bio, int command, long number, void *pointer);

struct tls_desk *tls_desk_of(struct loop *loop) {
  if (loop->tls) return loop->tls;
  struct tls_desk *desk = calloc(1, sizeof *desk);
  if (!desk) return NULL;
  desk->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "liteginx");
  desk->opened = malloc(BLOCKS_BYTES);
  bool good = desk->method && desk->opened && BIO_meth_set_read_ex(desk->method, bio_read) == 1 &&
              BIO_meth_set_write_ex(desk->method, bio_write) == 1 && BIO_meth_set_ctrl(desk->method, bio_ctrl) == 1;
  if (good) desk->bio = BIO_new(desk->method);
  loop->tls = desk;
  loop->free_tls = desk_free;
  if (!desk->bio) {
    desk_free(loop);
    return NULL;
  }
  desk->sealed = desk->opened + TLS_DESK_OPENED_BYTES;
  desk->record = desk->sealed + TLS_DESK_SEALED_BYTES;
  BIO_set_data(desk->bio, desk);
  BIO_set_init(desk->bio, 1);
  return desk;
}

static void desk_free(struct loop *loop) {
  struct tls_desk *desk = loop->tls;
  BIO_free(desk->bio);
  BIO_meth_free(desk->method);
  if (desk->opened) OPENSSL_cleanse(desk->opened, BLOCKS_BYTES);
  free(desk->opened);
  free(desk);
  loop->tls = NULL;
  loop->free_tls = NULL;
}

static int bio_read(BIO *bio, char *bytes, size_t room, size_t *got) {
  struct tls_desk *desk = BIO_get_data(bio);
  struct str piece = str_upto(desk->in, room);
  BIO_clear_retry_flags(bio);
  *got = piece.len;
  if (piece.len == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  memcpy(bytes, piece.ptr, piece.len);
  desk->in = str_from(desk->in, piece.len);
  return 1;
}

/* There is room for all that one call of seal makes; a handshake is shorter, unless its certificates are very long. */
static int bio_write(BIO *bio, const char *bytes, size_t len, size_t *written) {
  struct tls_desk *desk = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  *written = 0;
  if (len > TLS_DESK_SEALED_BYTES - desk->sealed_len) return 0;
  memcpy(desk->sealed + desk->sealed_len, bytes, len);
  desk->sealed_len += len;
  *written = len;
  return 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer) {
  (void)bio;
  (void)number;
  (void)pointer;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}
