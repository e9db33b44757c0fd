/* Client::iterate() and WechatPay\Items, the items of all pages of a list. */
#include "php_wechatpay.h"

#include "zend_exceptions.h"
#include "zend_interfaces.h"

#include "items_arginfo.h"

static zend_class_entry *items_ce;
static zend_object_handlers handlers;

typedef struct {
    zval client;
    zend_string *operation;
    /* The parameters of the page that comes next; null behind the last one. */
    zval next;
    /* The items of the page that was read last, and which of them is the current one. */
    zval page;
    uint32_t at;
    /* How many items are before that one. */
    zend_long key;
    bool reading;
    zend_object std;
} items_object;

static items_object *object_of(zend_object *object)
{
    return (items_object *) ((char *) object - XtOffsetOf(items_object, std));
}

static zend_object *create(zend_class_entry *ce)
{
    items_object *made = zend_object_alloc(sizeof(*made), ce);
    memset(made, 0, XtOffsetOf(items_object, std));
    zend_object_std_init(&made->std, ce);
    object_properties_init(&made->std, ce);
    made->std.handlers = &handlers;
    return &made->std;
}

static void destroy(zend_object *object)
{
    items_object *items = object_of(object);
    zval_ptr_dtor(&items->client);
    zval_ptr_dtor(&items->next);
    zval_ptr_dtor(&items->page);
    if (items->operation != NULL) {
        zend_string_release(items->operation);
    }
    zend_object_std_dtor(object);
}

/* Clients may be in cycles: see namespaces.c. */
static HashTable *garbage(zend_object *object, zval **values, int *count)
{
    items_object *items = object_of(object);
    zend_get_gc_buffer *buffer = zend_get_gc_buffer_create();
    zend_get_gc_buffer_add_zval(buffer, &items->client);
    zend_get_gc_buffer_add_zval(buffer, &items->next);
    zend_get_gc_buffer_add_zval(buffer, &items->page);
    zend_get_gc_buffer_use(buffer, values, count);
    return NULL;
}

static zend_function *get_constructor(zend_object *object)
{
    zend_throw_error(NULL, "%s is not made by itself: WechatPay\\Client::iterate() gives it", ZSTR_VAL(object->ce->name));
    return NULL;
}

/* ---------------------------------------------------------------- pages */

/* Reads the next page in place of this one. With an exception the list has ended. */
static void read_page(items_object *items)
{
    zval params;
    zval reply;

    php_wechatpay_operation_params(&params, items->operation, &items->next);
    zval_ptr_dtor(&items->next);
    ZVAL_NULL(&items->next);
    zval_ptr_dtor(&items->page);
    ZVAL_EMPTY_ARRAY(&items->page);
    items->at = 0;
    ZVAL_NULL(&reply);
    items->reading = true;
    php_wechatpay_utility(php_wechatpay_object_of(Z_OBJ(items->client))->handle, "page", &params, &reply);
    items->reading = false;
    if (EG(exception) == NULL) {
        ZVAL_COPY(&items->page, zend_hash_str_find(Z_ARRVAL(reply), ZEND_STRL("items")));
        ZVAL_COPY(&items->next, zend_hash_str_find(Z_ARRVAL(reply), ZEND_STRL("next")));
    }
    zval_ptr_dtor(&params);
    zval_ptr_dtor(&reply);
}

/* The current item, of a page that is asked for only now if need be; NULL: there is none, or an exception has been thrown. */
static zval *current_item(zval *object)
{
    items_object *items = object_of(Z_OBJ_P(object));
    /* By the code of the application that runs during a call. */
    if (items->reading) {
        zend_throw_error(NULL, "%s is being read already", ZSTR_VAL(items_ce->name));
        return NULL;
    }
    while (items->at == zend_hash_num_elements(Z_ARRVAL(items->page)) && Z_TYPE(items->next) == IS_ARRAY) {
        read_page(items);
    }
    return EG(exception) == NULL ? zend_hash_index_find(Z_ARRVAL(items->page), items->at) : NULL;
}

/* ---------------------------------------------------------------- methods */

ZEND_NAMED_FUNCTION(php_wechatpay_iterate)
{
    zend_string *operation;
    zval *params = NULL;

    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_STR(operation)
        Z_PARAM_OPTIONAL
        Z_PARAM_ARRAY(params)
    ZEND_PARSE_PARAMETERS_END();

    if (php_wechatpay_own_handle(ZEND_THIS) == NULL) {
        RETURN_THROWS();
    }
    object_init_ex(return_value, items_ce);
    items_object *items = object_of(Z_OBJ_P(return_value));
    ZVAL_COPY(&items->client, ZEND_THIS);
    items->operation = zend_string_copy(operation);
    ZVAL_EMPTY_ARRAY(&items->page);
    if (params != NULL) {
        ZVAL_COPY(&items->next, params);
    } else {
        ZVAL_EMPTY_ARRAY(&items->next);
    }
}

static ZEND_NAMED_FUNCTION(current)
{
    ZEND_PARSE_PARAMETERS_NONE();
    zval *item = current_item(ZEND_THIS);
    if (item != NULL) {
        ZVAL_COPY(return_value, item);
    }
}

static ZEND_NAMED_FUNCTION(key)
{
    ZEND_PARSE_PARAMETERS_NONE();
    if (current_item(ZEND_THIS) != NULL) {
        ZVAL_LONG(return_value, object_of(Z_OBJ_P(ZEND_THIS))->key);
    }
}

static ZEND_NAMED_FUNCTION(next)
{
    ZEND_PARSE_PARAMETERS_NONE();
    if (current_item(ZEND_THIS) != NULL) {
        items_object *items = object_of(Z_OBJ_P(ZEND_THIS));
        items->at++;
        items->key++;
    }
}

static ZEND_NAMED_FUNCTION(valid)
{
    ZEND_PARSE_PARAMETERS_NONE();
    RETURN_BOOL(current_item(ZEND_THIS) != NULL);
}

static ZEND_NAMED_FUNCTION(rewind_items)
{
    ZEND_PARSE_PARAMETERS_NONE();
    if (object_of(Z_OBJ_P(ZEND_THIS))->key > 0) {
        zend_throw_exception(NULL, "Cannot rewind a list that has been read; ask for it again", 0);
    }
}

static const zend_function_entry methods[] = {
    ZEND_FENTRY(current, current, arginfo_items_current, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(key, key, arginfo_items_key, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(next, next, arginfo_items_move, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(rewind, rewind_items, arginfo_items_move, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(valid, valid, arginfo_items_valid, ZEND_ACC_PUBLIC)
    ZEND_FE_END
};

void php_wechatpay_register_items(void)
{
    zend_class_entry ce;

    INIT_CLASS_ENTRY(ce, "WechatPay\\Items", methods);
    items_ce = zend_register_internal_class_ex(&ce, NULL);
    zend_class_implements(items_ce, 1, zend_ce_iterator);
    items_ce->create_object = create;
    items_ce->ce_flags |= ZEND_ACC_FINAL | ZEND_ACC_NOT_SERIALIZABLE | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
    memcpy(&handlers, zend_get_std_object_handlers(), sizeof(handlers));
    handlers.offset = XtOffsetOf(items_object, std);
    handlers.free_obj = destroy;
    handlers.clone_obj = NULL;
    handlers.get_gc = garbage;
    handlers.get_constructor = get_constructor;
}
