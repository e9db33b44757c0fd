/* A server that never answers, and a client of it. */
#ifndef SILENT_H
#define SILENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "check.h"

/* The address of a port that takes connections and nothing more. */
static inline char *silent_server(void) {
    static char url[64];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 64) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return url;
}

static inline wechatpay_client *silent_client(void) {
    char *base = strdup(getenv("WECHATPAY_BASE_URL")), *backup = strdup(getenv("WECHATPAY_BACKUP_URL"));
    setenv("WECHATPAY_BASE_URL", silent_server(), 1);
    unsetenv("WECHATPAY_BACKUP_URL");
    wechatpay_client *client = sandbox_client();
    setenv("WECHATPAY_BASE_URL", base, 1);
    setenv("WECHATPAY_BACKUP_URL", backup, 1);
    free(base);
    free(backup);
    return client;
}

#endif
