/* Client::download() and Client::downloadUrl(). */
#include "php_wechatpay.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "php_open_temporary_file.h"

/* ---------------------------------------------------------------- how far it is */

/* `context` is the callable. */
static void on_progress(void *context, int64_t received, int64_t total)
{
    zval arguments[2];

    ZVAL_LONG(&arguments[0], received);
    if (total < 0) {
        ZVAL_NULL(&arguments[1]);
    } else {
        ZVAL_LONG(&arguments[1], total);
    }
    php_wechatpay_tell(WECHATPAY_G(wait), "progress", context, 2, arguments);
}

/* The client that tells the callable, or the client itself where there is none; released by the caller. NULL: an exception
 * has been thrown. */
static php_wechatpay_handle *telling(php_wechatpay_handle *own, zval *progress)
{
    wechatpay_client *derived = NULL;

    if (progress == NULL) {
        return php_wechatpay_handle_share(own);
    }
    wechatpay_error *error = wechatpay_client_with_on_progress(own->client, on_progress, progress, &derived);
    if (error != NULL) {
        php_wechatpay_throw(error);
        return NULL;
    }
    php_wechatpay_handle *handle = php_wechatpay_handle_new(derived);
    handle->functions = own->functions;
    return handle;
}

/* ---------------------------------------------------------------- files without a place */

/* NULL: an exception has been thrown. */
static zend_string *make_folder(const char *utility)
{
    zend_string *folder = strpprintf(0, "%s/wechatpay-XXXXXX", php_get_temporary_directory());
    if (mkdtemp(ZSTR_VAL(folder)) == NULL) {
        zend_string_release(folder);
        php_wechatpay_throw_argument(utility, "to", "is not given, and there is no temporary folder");
        return NULL;
    }
    return folder;
}

static void remove_folder(zend_string *folder)
{
    struct dirent *entry;
    DIR *opened = opendir(ZSTR_VAL(folder));

    /* "." and ".." are not removed by this. */
    while (opened != NULL && (entry = readdir(opened)) != NULL) {
        unlinkat(dirfd(opened), entry->d_name, 0);
    }
    if (opened != NULL) {
        closedir(opened);
    }
    rmdir(ZSTR_VAL(folder));
    zend_string_release(folder);
}

/* Not by fopen(): open_basedir is for files of the caller's choice. */
static bool open_file(zval *stream, zval *file)
{
    zval *path = zend_hash_str_find(Z_ARRVAL_P(file), ZEND_STRL("path"));
    int descriptor = open(Z_STRVAL_P(path), O_RDONLY | O_CLOEXEC);

    if (descriptor < 0) {
        zend_throw_error(NULL, "A file that was downloaded cannot be opened: %s", strerror(errno));
        return false;
    }
    php_stream *opened = php_stream_fopen_from_fd(descriptor, "rb", NULL);
    php_stream_to_zval(opened, stream);
    return true;
}

/* ---------------------------------------------------------------- both */

/* The list of a reply: what was saved, or streams of it. */
static void give_files(zval *files, zval *reply, bool as_streams)
{
    zval *saved = zend_hash_str_find(Z_ARRVAL_P(reply), ZEND_STRL("files"));
    zval *file;
    zval stream;

    if (!as_streams) {
        ZVAL_COPY(files, saved);
        return;
    }
    array_init(files);
    ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(saved), file) {
        if (open_file(&stream, file)) {
            add_next_index_zval(files, &stream);
        }
    } ZEND_HASH_FOREACH_END();
}

/* false: PHP ended the request. */
static bool run(zval *files, php_wechatpay_handle *handle, const char *utility, zval *params, bool as_streams)
{
    zval reply;
    /* Kept over the jump. */
    volatile bool bailed_out = false;

    ZVAL_NULL(&reply);
    zend_try {
        php_wechatpay_utility(handle, utility, params, &reply);
        if (EG(exception) == NULL) {
            give_files(files, &reply, as_streams);
        }
        zval_ptr_dtor(&reply);
    } zend_catch {
        bailed_out = true;
    } zend_end_try();
    return !bailed_out;
}

/* Adds to the parameters what both methods have, and frees them. `files` stays null with an exception. */
static void download(
    zval *files, php_wechatpay_handle *own, const char *utility, zval *params, zend_string *to, zval *progress)
{
    zend_string *folder = to == NULL ? make_folder(utility) : NULL;
    php_wechatpay_handle *handle = EG(exception) == NULL ? telling(own, progress) : NULL;
    bool goes_on = true;

    ZVAL_NULL(files);
    if (handle != NULL) {
        add_assoc_str(params, "to", to ? zend_string_copy(to) : strpprintf(0, "%s/file", ZSTR_VAL(folder)));
        add_assoc_bool(params, "progress", progress != NULL);
        goes_on = run(files, handle, utility, params, folder != NULL);
        php_wechatpay_handle_release(handle);
    }
    if (folder != NULL) {
        remove_folder(folder);
    }
    if (!goes_on) {
        zend_bailout();
    }
    zval_ptr_dtor(params);
}

ZEND_NAMED_FUNCTION(php_wechatpay_download)
{
    zend_string *operation;
    zval *record = NULL;
    zend_string *to = NULL;
    bool gunzip = false;
    zend_fcall_info progress = empty_fcall_info;
    zend_fcall_info_cache cache = empty_fcall_info_cache;
    zval params;

    ZEND_PARSE_PARAMETERS_START(1, 5)
        Z_PARAM_STR(operation)
        Z_PARAM_OPTIONAL
        Z_PARAM_ARRAY(record)
        Z_PARAM_STR_OR_NULL(to)
        Z_PARAM_BOOL(gunzip)
        Z_PARAM_FUNC_OR_NULL(progress, cache)
    ZEND_PARSE_PARAMETERS_END();

    php_wechatpay_handle *own = php_wechatpay_own_handle(ZEND_THIS);
    if (own == NULL) {
        RETURN_THROWS();
    }
    php_wechatpay_operation_params(&params, operation, record);
    add_assoc_bool(&params, "gunzip", gunzip);
    download(return_value, own, "download", &params, to, ZEND_FCI_INITIALIZED(progress) ? &progress.function_name : NULL);
}

static void add_text(zval *params, const char *name, zend_string *text)
{
    if (text != NULL) {
        add_assoc_str(params, name, zend_string_copy(text));
    }
}

ZEND_NAMED_FUNCTION(php_wechatpay_download_url)
{
    zend_string *url;
    zend_string *to = NULL;
    zend_string *hash_type = NULL;
    zend_string *hash_value = NULL;
    bool gunzip = false;
    zend_fcall_info progress = empty_fcall_info;
    zend_fcall_info_cache cache = empty_fcall_info_cache;
    zval params;
    zval files;

    ZEND_PARSE_PARAMETERS_START(1, 6)
        Z_PARAM_STR(url)
        Z_PARAM_OPTIONAL
        Z_PARAM_STR_OR_NULL(to)
        Z_PARAM_STR_OR_NULL(hash_type)
        Z_PARAM_STR_OR_NULL(hash_value)
        Z_PARAM_BOOL(gunzip)
        Z_PARAM_FUNC_OR_NULL(progress, cache)
    ZEND_PARSE_PARAMETERS_END();

    php_wechatpay_handle *own = php_wechatpay_own_handle(ZEND_THIS);
    if (own == NULL) {
        RETURN_THROWS();
    }
    array_init(&params);
    add_text(&params, "url", url);
    add_text(&params, "hash_type", hash_type);
    add_text(&params, "hash_value", hash_value);
    add_assoc_bool(&params, "gunzip", gunzip);
    download(&files, own, "download_url", &params, to, ZEND_FCI_INITIALIZED(progress) ? &progress.function_name : NULL);
    if (EG(exception) == NULL) {
        ZVAL_COPY(return_value, zend_hash_index_find(Z_ARRVAL(files), 0));
    }
    zval_ptr_dtor(&files);
}
