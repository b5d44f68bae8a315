/* How much processor time the system grants this process: what a container's limit is (`docker run --cpus`, Kubernetes'
 * `limits.cpu`). Linux' cgroups; elsewhere there are none of their files, and so no limit. */
#ifndef LITEGINX_SERVER_QUOTA_H
#define LITEGINX_SERVER_QUOTA_H

/* As many processors as the narrowest quota is worth that holds for this process, rounded up; 0: none does, or it
 * cannot be told. `root` stands before the names of the system's files: "", but for tests. Reads some small files; to
 * be done once, at the start. */
unsigned quota_processors(const char *root);

#endif
