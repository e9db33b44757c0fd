/* A plugin host closes what it has opened, while what the library made once per process is still there: it stays loaded. */
#include <dlfcn.h>
#include <unistd.h>

#include "check.h"

static void *opened(int mode) { return dlopen("libwechatpay.so.0", RTLD_NOW | RTLD_LOCAL | mode); }

int main(void) {
    CHECK(opened(RTLD_NOLOAD) == NULL);
    void *library = opened(0);
    CHECK(library != NULL && dlclose(library) == 0);
    library = opened(RTLD_NOLOAD);
    CHECK(library != NULL);
    wechatpay_error *(*from_env)(wechatpay_client **);
    wechatpay_error *(*call)(const wechatpay_client *, const char *, const char *, size_t, wechatpay_reply **);
    void (*reply_free)(wechatpay_reply *);
    void (*client_free)(wechatpay_client *);
    *(void **)&from_env = dlsym(library, "wechatpay_client_from_env");
    *(void **)&call = dlsym(library, "wechatpay_call");
    *(void **)&reply_free = dlsym(library, "wechatpay_reply_free");
    *(void **)&client_free = dlsym(library, "wechatpay_client_free");
    wechatpay_client *client;
    wechatpay_reply *reply;
    CHECK(from_env(&client) == NULL);
    CHECK(call(client, OPERATION, PARAMS, strlen(PARAMS), &reply) == NULL);
    reply_free(reply);
    client_free(client);
    CHECK(dlclose(library) == 0);
    usleep(200000);
    CHECK(opened(RTLD_NOLOAD) != NULL);
    return done("unload");
}
