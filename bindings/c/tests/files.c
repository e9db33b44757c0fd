/* Files and lists: uploads by path, downloads that tell how far they are, pages. */
#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define LIST "merchant_service.complaints_v2.list"
#define BILL "\"operation\":\"bill.trade_bill.get\",\"params\":{\"bill_date\":\"2019-06-11\"}"
#define GZIP "\"operation\":\"bill.trade_bill.get\",\"params\":{\"bill_date\":\"2019-06-11\",\"tar_type\":\"GZIP\"}"

static char folder[] = "/tmp/wechatpay-files-XXXXXX";

/* A path in the folder of this test. */
static const char *inside(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int files_in(const char *place) {
    int count = 0;
    DIR *opened = opendir(place);
    CHECK(opened != NULL);
    while (readdir(opened) != NULL) count++;
    closedir(opened);
    return count - 2;
}

/* The text of a member, of whichever object has it last. The caller frees it. */
static char *member(const char *json, const char *name) {
    char quoted[64];
    const char *found = NULL, *next = json;
    snprintf(quoted, sizeof quoted, "\"%s\":", name);
    while ((next = strstr(next, quoted)) != NULL) found = next += strlen(quoted);
    CHECK(found != NULL);
    if (*found != '"') return strndup(found, strlen(found) - 1);
    return strndup(found + 1, strcspn(found + 1, "\""));
}

static wechatpay_error *utility(const wechatpay_client *client, const char *name, const char *json, wechatpay_reply **reply) {
    *reply = GARBAGE(wechatpay_reply);
    wechatpay_error *error = wechatpay_utility(client, name, json, strlen(json), reply);
    CHECK((error == NULL) == (*reply != NULL));
    return error;
}

/* ---------------------------------------------------------------- uploads */

static wechatpay_error *upload(const wechatpay_client *client, const char *path) {
    char json[512];
    wechatpay_reply *reply = GARBAGE(wechatpay_reply);
    snprintf(json, sizeof json, "{\"file\":{\"path\":\"%s\"}}", path);
    wechatpay_error *error = wechatpay_merchant_service_images_upload(client, json, strlen(json), &reply);
    if (error == NULL) free(member(wechatpay_reply_body(reply), "media_id"));
    wechatpay_reply_free(reply);
    return error;
}

/* The sandbox holds what it receives to the digest and the name that the library has filled in. */
static void uploads_are_read_from_the_disk(const wechatpay_client *client) {
    FILE *file = fopen(inside("image.jpg"), "wb");
    for (int at = 0; at < 300000; at++) fputc(at % 251, file);
    fclose(file);
    OK(upload(client, inside("image.jpg")));
    FAILS(upload(client, inside("missing.jpg")), WECHATPAY_ERROR_INVALID_REQUEST, "unreadable_file", "file.path");
    FAILS(upload(client, folder), WECHATPAY_ERROR_INVALID_REQUEST, "unreadable_file", "file.path");
    fclose(fopen(inside("empty.jpg"), "wb"));
    FAILS(upload(client, inside("empty.jpg")), WECHATPAY_ERROR_INVALID_REQUEST, "empty_file", "file");
    unlink(inside("empty.jpg"));
    unlink(inside("image.jpg"));
}

/* ---------------------------------------------------------------- downloads */

struct told {
    int count;
    int64_t received, total;
    pthread_t thread;
};

static void on_progress(void *context, int64_t received, int64_t total) {
    struct told *told = context;
    CHECK(received > told->received && (told->count == 0 || total == told->total));
    *told = (struct told){told->count + 1, received, total, pthread_self()};
}

static wechatpay_client *telling(const wechatpay_client *client, wechatpay_on_progress function, struct told *told) {
    wechatpay_client *derived = GARBAGE(wechatpay_client);
    OK(wechatpay_client_with_on_progress(client, function, told, &derived));
    return derived;
}

static void holds_a_bill(const char *path) {
    char first[16] = "";
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fgets(first, sizeof first, file) != NULL && strcmp(first, "\xef\xbb\xbf" "交易时间") == 0);
    fclose(file);
}

static void bill(const wechatpay_client *client, int progress) {
    char json[512];
    wechatpay_reply *reply;
    struct stat found;
    snprintf(json, sizeof json, "{" BILL ",\"to\":\"%s\",\"progress\":%s}", inside("bill.csv"), progress ? "true" : "false");
    OK(utility(client, "download", json, &reply));
    CHECK(wechatpay_reply_status(reply) == 0 && wechatpay_reply_kind(reply) == WECHATPAY_REPLY_JSON);
    CHECK(stat(inside("bill.csv"), &found) == 0 && files_in(folder) == 1);
    snprintf(json, sizeof json, "{\"files\":[{\"path\":\"%s\",\"length\":%ld,\"hash_type\":\"SHA1\"}],\"folder\":null}",
             inside("bill.csv"), (long)found.st_size);
    CHECK(strcmp(wechatpay_reply_body(reply), json) == 0);
    wechatpay_reply_free(reply);

    holds_a_bill(inside("bill.csv"));
    unlink(inside("bill.csv"));
}

static void downloads_tell_how_far_they_are(const wechatpay_client *client) {
    struct told told = {0};
    wechatpay_client *told_of = telling(client, on_progress, &told), *derived, *silent;
    bill(told_of, 1);
    CHECK(told.count > 1 && told.received == told.total && pthread_equal(told.thread, pthread_self()));

    told = (struct told){0};
    bill(told_of, 0);
    bill(client, 1);
    CHECK(told.count == 0);

    OK(wechatpay_client_with_options(told_of, 100, NULL, &derived));
    wechatpay_client_free(told_of);
    bill(derived, 1);
    CHECK(told.count > 1);
    told = (struct told){0};
    silent = telling(derived, NULL, NULL);
    wechatpay_client_free(derived);
    bill(silent, 1);
    CHECK(told.count == 0);
    wechatpay_client_free(silent);
}

static void without_a_place_there_is_a_folder(const wechatpay_client *client) {
    wechatpay_reply *reply;
    OK(utility(client, "download", "{" GZIP "}", &reply));
    char *path = member(wechatpay_reply_body(reply), "path"), *made = member(wechatpay_reply_body(reply), "folder");
    CHECK(strncmp(path, made, strlen(made)) == 0 && files_in(made) == 1);
    holds_a_bill(path);
    CHECK(unlink(path) == 0 && rmdir(made) == 0);
    free(path);
    free(made);
    wechatpay_reply_free(reply);
}

static void an_address_is_downloaded_and_held_to_its_hash(const wechatpay_client *client) {
    static const char params[] = "{\"bill_date\":\"2019-06-11\"}";
    char json[1024];
    wechatpay_reply *reply;
    OK(wechatpay_bill_trade_bill_get(client, params, strlen(params), &reply));
    char *url = member(wechatpay_reply_body(reply), "download_url");
    char *hash = member(wechatpay_reply_body(reply), "hash_value");
    wechatpay_reply_free(reply);

    const char *format = "{\"url\":\"%s\",\"hash_type\":\"SHA1\",\"hash_value\":\"%s\",\"to\":\"%s\"}";
    snprintf(json, sizeof json, format, url, hash, inside("bill.csv"));
    OK(utility(client, "download_url", json, &reply));
    wechatpay_reply_free(reply);
    CHECK(unlink(inside("bill.csv")) == 0);
    snprintf(json, sizeof json, format, url, "00", inside("bill.csv"));
    FAILS(utility(client, "download_url", json, &reply), WECHATPAY_ERROR_INTEGRITY, "hash_mismatch", NULL);
    CHECK(files_in(folder) == 0);
    free(url);
    free(hash);
}

/* ---------------------------------------------------------------- pages */

static void pages_name_the_next_one(const wechatpay_client *client) {
    char json[512];
    char *next = strdup("{\"begin_date\":\"2020-01-01\",\"end_date\":\"2020-01-31\",\"limit\":1}");
    int pages = 0;
    while (strcmp(next, "null") != 0) {
        wechatpay_reply *reply;
        snprintf(json, sizeof json, "{\"operation\":\"" LIST "\",\"params\":%s}", next);
        free(next);
        OK(utility(client, "page", json, &reply));
        CHECK(strstr(wechatpay_reply_body(reply), "\"complaint_id\":") != NULL);
        next = member(wechatpay_reply_body(reply), "next");
        wechatpay_reply_free(reply);
        pages++;
    }
    free(next);
    CHECK(pages == 3);
}

static void what_is_wrong_is_named(const wechatpay_client *client) {
    wechatpay_client *derived = GARBAGE(wechatpay_client);
    wechatpay_reply *reply;
    FAILS(wechatpay_client_with_on_progress(NULL, on_progress, NULL, &derived), WECHATPAY_ERROR_INVALID_REQUEST,
          "bad_argument", "client");
    CHECK(derived == NULL);
    FAILS(wechatpay_client_with_on_progress(client, on_progress, NULL, NULL), WECHATPAY_ERROR_INVALID_REQUEST,
          "bad_argument", "derived");
    FAILS(utility(client, "download", "{}", &reply), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "operation");
    FAILS(utility(client, "download", "{" BILL ",\"into\":\"x\"}", &reply), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "into");
    FAILS(utility(client, "download", "{\"operation\":\"x\"}", &reply), WECHATPAY_ERROR_INVALID_REQUEST, "unknown_operation", "operation");
    FAILS(utility(client, "download", "{" BILL ",\"to\":\"/missing/bill.csv\"}", &reply), WECHATPAY_ERROR_CONFIG, "cannot_write", NULL);
    FAILS(utility(client, "page", "{\"operation\":\"" OPERATION "\"}", &reply), WECHATPAY_ERROR_INVALID_REQUEST, "not_a_list", "operation");
}

int main(void) {
    wechatpay_client *client = sandbox_client();
    CHECK(mkdtemp(folder) != NULL);
    uploads_are_read_from_the_disk(client);
    downloads_tell_how_far_they_are(client);
    without_a_place_there_is_a_folder(client);
    an_address_is_downloaded_and_held_to_its_hash(client);
    pages_name_the_next_one(client);
    what_is_wrong_is_named(client);
    wechatpay_client_free(client);
    CHECK(rmdir(folder) == 0);
    return done("files");
}
