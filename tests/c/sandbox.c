#include "sandbox.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"

static pid_t running = -1;

static void stop(void) {
    int status;
    kill(running, SIGTERM);
    waitpid(running, &status, 0);
}

json_t *sandbox_start(const char *binary, const char *folder) {
    int ends[2];
    if (pipe(ends) != 0) broken("no pipe");
    running = fork();
    if (running < 0) broken("no process for the sandbox");
    if (running == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(binary, binary, "sandbox", "--dir", folder, (char *)NULL);
        _exit(127);
    }
    atexit(stop);
    close(ends[1]);
    char line[8192];
    size_t length = 0;
    ssize_t got;
    while (length < sizeof line && (got = read(ends[0], line + length, sizeof line - length)) > 0) {
        length += (size_t)got;
        if (memchr(line, '\n', length) != NULL) break;
    }
    close(ends[0]);
    json_t *info = json_read(line, length);
    if (!json_is_object(info)) broken("%s does not start a sandbox", binary);
    return info;
}

static int connect_to(const char *url) {
    int port = 0;
    if (sscanf(url, "http://127.0.0.1:%d", &port) != 1) broken("%s is no address of the loopback", url);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        broken("nobody listens at %s", url);
    }
    return connection;
}

static void send_all(int connection, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t sent = send(connection, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) broken("the admin listener hung up");
        bytes += sent;
        length -= (size_t)sent;
    }
}

/* Everything up to the end of the connection, with a NUL after it. */
static char *receive_all(int connection) {
    size_t length = 0, room = 1 << 16;
    char *reply = malloc(room);
    ssize_t got;
    while (reply != NULL && (got = recv(connection, reply + length, room - length - 1, 0)) > 0) {
        length += (size_t)got;
        if (room - length < 2) reply = realloc(reply, room *= 2);
    }
    if (reply == NULL) broken("out of memory");
    reply[length] = '\0';
    return reply;
}

json_t *sandbox_admin(const json_t *info, const char *method, const char *path, const json_t *body) {
    int connection = connect_to(json_string_value(json_object_get(info, "admin_url")));
    char *text = body == NULL ? NULL : json_write(body);
    char head[512];
    int head_length = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: admin\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                               method, path, text == NULL ? 0 : strlen(text));
    send_all(connection, head, (size_t)head_length);
    if (text != NULL) send_all(connection, text, strlen(text));
    char *reply = receive_all(connection);
    close(connection);
    const char *content = strstr(reply, "\r\n\r\n");
    if (strncmp(reply, "HTTP/1.1 200 ", 13) != 0 || content == NULL) {
        broken("%s %s %s was answered: %s", method, path, text == NULL ? "" : text, reply);
    }
    json_t *answer = json_read(content + 4, strlen(content + 4));
    if (answer == NULL) broken("%s %s was not answered with JSON: %s", method, path, content);
    free(reply);
    free(text);
    return answer;
}

void sandbox_tell(const json_t *info, const char *method, const char *path, const json_t *body) {
    json_decref(sandbox_admin(info, method, path, body));
}
