/* The notification that make_notification.py has written into the folder WECHATPAY_NOTIFICATION. */
#ifndef NOTIFICATION_H
#define NOTIFICATION_H

#include "check.h"

/* Bytes in memory that ends right after them: a byte more is an invalid read. */
struct bytes {
    char *start;
    size_t length;
};

static inline struct bytes exactly(const char *from, size_t length) {
    struct bytes bytes = {malloc(length == 0 ? 1 : length), length};
    memcpy(bytes.start, from, length);
    return bytes;
}

static inline struct bytes received(const char *name) {
    static char room[1 << 16];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("WECHATPAY_NOTIFICATION"), name);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t length = fread(room, 1, sizeof room, file);
    CHECK(length > 0 && length < sizeof room);
    fclose(file);
    return exactly(room, length);
}

/* Reads the notification, whose content must be what was sent. */
static inline void parse_once(const wechatpay_notifications *notifications) {
    struct bytes headers = received("headers.json"), body = received("body");
    wechatpay_reply *reply;
    OK(wechatpay_notifications_parse(notifications, headers.start, headers.length, body.start, body.length, &reply));
    free(headers.start);
    free(body.start);
    const char *record = wechatpay_reply_body(reply);
    CHECK(wechatpay_reply_kind(reply) == WECHATPAY_REPLY_JSON && strlen(record) == wechatpay_reply_body_length(reply));
    CHECK(wechatpay_reply_status(reply) == 0 && wechatpay_reply_request_id(reply) == NULL);
    CHECK(strncmp(record, "{\"id\":\"EV-1\",\"create_time\":\"", 28) == 0);
    CHECK(strstr(record, "\"event_type\":\"TRANSACTION.SUCCESS\"") != NULL);
    CHECK(strstr(record, "\"total\":9007199254740993}") != NULL && strstr(record, "微信🧋") != NULL);
    wechatpay_reply_free(reply);
}

#endif
