/* Files to upload: as PHP has them, and as the library takes them. */
#include "php_wechatpay.h"

#include "ext/spl/spl_directory.h"
#include "ext/standard/base64.h"
#include "zend_interfaces.h"

/* The digest of an upload is signed before its first byte is sent, and it may be sent more than once: what a stream still
 * holds goes into a temporary file, which PHP removes with `spooled`, or at the latest with the request. */
static bool spool(zval *path, php_stream *from, zval *spooled)
{
    php_stream *file = php_stream_fopen_tmpfile();
    zval opened;
    size_t length;

    if (file == NULL) {
        return false;
    }
    php_stream_to_zval(file, &opened);
    if (Z_TYPE_P(spooled) != IS_ARRAY) {
        array_init(spooled);
    }
    add_next_index_zval(spooled, &opened);
    ZVAL_STRING(path, file->orig_path);
    return php_stream_copy_to_stream_ex(from, file, PHP_STREAM_COPY_ALL, &length) == SUCCESS;
}

/* ['filename' => ..., 'content' => ...], whose content is text, or a stream. */
static bool read_content(zval *file, zval *value, zval *spooled)
{
    zval *filename = zend_hash_str_find_deref(Z_ARRVAL_P(value), ZEND_STRL("filename"));
    zval *content = zend_hash_str_find_deref(Z_ARRVAL_P(value), ZEND_STRL("content"));
    zval taken;
    bool readable = true;

    if (zend_hash_num_elements(Z_ARRVAL_P(value)) != 2 || !filename || !content || Z_TYPE_P(filename) != IS_STRING) {
        return true;
    }
    if (Z_TYPE_P(content) == IS_STRING) {
        ZVAL_STR(&taken, php_base64_encode((const unsigned char *) Z_STRVAL_P(content), Z_STRLEN_P(content)));
    } else if (Z_TYPE_P(content) == IS_RESOURCE) {
        php_stream *stream = zend_fetch_resource2(Z_RES_P(content), NULL, php_file_le_stream(), php_file_le_pstream());
        if (stream == NULL) {
            return true;
        }
        ZVAL_NULL(&taken);
        readable = spool(&taken, stream, spooled);
    } else {
        return true;
    }
    array_init_size(file, 2);
    add_assoc_str(file, "filename", zend_string_copy(Z_STR_P(filename)));
    add_assoc_zval(file, Z_TYPE_P(content) == IS_STRING ? "content" : "path", &taken);
    return readable;
}

/* Leaves `file` undefined where the value is none, or one as the library takes it. false: it cannot be read. */
static bool read_file(zval *file, zval *value, zval *spooled)
{
    ZVAL_UNDEF(file);
    if (Z_TYPE_P(value) == IS_ARRAY) {
        return read_content(file, value, spooled);
    }
    if (Z_TYPE_P(value) == IS_OBJECT && instanceof_function(Z_OBJCE_P(value), spl_ce_SplFileInfo)) {
        zval path;
        zend_call_method_with_0_params(Z_OBJ_P(value), Z_OBJCE_P(value), NULL, "getpathname", &path);
        /* Else it has thrown. */
        if (Z_TYPE(path) == IS_STRING) {
            array_init_size(file, 1);
            add_assoc_zval(file, "path", &path);
        }
    }
    return true;
}

bool php_wechatpay_read_files(zval *record, zval *spooled, zval *params, const char *operation)
{
    zend_string *name;
    zval *value;

    ZVAL_UNDEF(spooled);
    ZVAL_COPY(record, params);
    ZEND_HASH_FOREACH_STR_KEY_VAL(Z_ARRVAL_P(params), name, value) {
        zval file;
        zval given;
        if (name == NULL) {
            continue;
        }
        /* A stream may be the caller's own code, which may do anything with what it refers to. */
        ZVAL_COPY_DEREF(&given, value);
        bool readable = read_file(&file, &given, spooled);
        zval_ptr_dtor(&given);
        if (Z_TYPE(file) != IS_UNDEF) {
            SEPARATE_ARRAY(record);
            zend_hash_update(Z_ARRVAL_P(record), name, &file);
        }
        if (!readable && EG(exception) == NULL) {
            php_wechatpay_throw_argument(operation, ZSTR_VAL(name), "cannot be copied into a temporary file");
        }
        if (EG(exception) != NULL) {
            return false;
        }
    } ZEND_HASH_FOREACH_END();
    return true;
}
