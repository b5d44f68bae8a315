/* The table of all causes for which something is refused, ours or a target's fault: one row for one rule. Whoever finds
 * a rule broken names its row, the ending carries it, and what the client and the log are told is this sentence. */
#ifndef LITEGINX_BASE_CAUSE_H
#define LITEGINX_BASE_CAUSE_H

/* name, label, how a request ends for it (see ending_reason_of), sentence.
 * Each sentence says what is wrong and, where that does not follow, what to do instead; it has no full stop. Where a
 * response is to blame session/reason puts in front whose it is. In braces stand values that are filled in there:
 * {what}: the offending bytes, {field}: the name of the offending field, {size}: its bytes; see session/reason.c. */
/* clang-format off */
#define CAUSE_TABLE(row) \
  row(CAUSE_NONE, "none", ENDING_COMPLETE, "nothing is wrong") \
  row(CAUSE_NO_MEMORY, "out-of-memory", ENDING_NO_MEMORY, \
      "the system gave no memory or descriptors: try again, with fewer connections at a time") \
  row(CAUSE_EXCHANGE_BOUND, "exchange-bound", ENDING_NO_MEMORY, \
      "this request would take more memory than one may ({bound}): send a shorter head, or raise max_header_bytes") \
  /* what begins a request */ \
  row(CAUSE_NOT_HTTP, "not-http", ENDING_BAD_REQUEST, "this port speaks HTTP/1.1, and what came begins with {what}") \
  row(CAUSE_TLS, "tls", ENDING_BAD_REQUEST, "this is plain HTTP: use http://, not https://") \
  row(CAUSE_HTTP2_PREFACE, "http2-preface", ENDING_BAD_REQUEST, \
      "this is not the preface of HTTP/2, or HTTP/2 is not served here (http2 of the settings): use HTTP/1.1 " \
      "(curl --http1.1)") \
  row(CAUSE_PROXY_PROTOCOL, "proxy-protocol", ENDING_BAD_REQUEST, \
      "the PROXY protocol is not spoken here: turn it off in what stands in front (HAProxy: send-proxy)") \
  /* request line */ \
  row(CAUSE_METHOD, "bad-method", ENDING_BAD_REQUEST, \
      "a request begins with a method and a space, like GET / HTTP/1.1, and this line begins with {what}") \
  row(CAUSE_NO_REQUEST_LINE, "no-request-line", ENDING_BAD_REQUEST, \
      "{what} is no request line: one looks like GET / HTTP/1.1") \
  row(CAUSE_TWO_SPACES, "two-spaces", ENDING_BAD_REQUEST, "two spaces stand in a row in the request line: write one") \
  row(CAUSE_SPACE_AT_END, "space-at-end", ENDING_BAD_REQUEST, \
      "the request line ends in a space: let it end in HTTP/1.1") \
  row(CAUSE_SPACE_IN_TARGET, "space-in-target", ENDING_BAD_REQUEST, \
      "a space stands in the request target: write %20 for it") \
  row(CAUSE_CONTROL_IN_LINE, "control-in-line", ENDING_BAD_REQUEST, \
      "a control character stands in the request line, behind {what}: write it as % and two hexadecimal digits") \
  row(CAUSE_NO_VERSION, "no-version", ENDING_BAD_REQUEST, \
      "the request line names no version: it has to end in a space and HTTP/1.1") \
  row(CAUSE_BAD_VERSION, "bad-version", ENDING_BAD_REQUEST, \
      "the request line ends in {what}, which is no version: write HTTP/1.1") \
  row(CAUSE_VERSION, "unknown-version", ENDING_VERSION, "{what} is not served here: HTTP/1.1 and HTTP/1.0 are") \
  row(CAUSE_TARGET_TOO_LONG, "target-too-long", ENDING_TARGET_TOO_LONG, \
      "the request line is too long for a head of {bytes}: send what is long in a body, or raise max_header_bytes") \
  row(CAUSE_EMPTY_LINES, "empty-lines", ENDING_BAD_REQUEST, \
      "the empty lines before the request line are too many for a head of {bytes}: leave them out") \
  /* lines and fields, of requests and responses */ \
  row(CAUSE_BARE_LF, "bare-lf", ENDING_BAD_REQUEST, \
      "a bare line feed ends a line: lines end in a carriage return and a line feed") \
  row(CAUSE_BARE_CR, "bare-cr", ENDING_BAD_REQUEST, "a carriage return stands alone, without a line feed behind it") \
  row(CAUSE_FOLDED, "folded-line", ENDING_BAD_REQUEST, \
      "a line of the head begins with a space or tab: write each field in one line") \
  row(CAUSE_NO_FIELD_NAME, "no-field-name", ENDING_BAD_REQUEST, \
      "the line of a field begins with a colon: its name is missing") \
  row(CAUSE_SPACE_BEFORE_COLON, "space-before-colon", ENDING_BAD_REQUEST, \
      "a blank stands before the colon of the field {field}") \
  row(CAUSE_NO_COLON, "no-colon", ENDING_BAD_REQUEST, "the line {what} is no field: it has no colon") \
  row(CAUSE_FIELD_NAME, "bad-field-name", ENDING_BAD_REQUEST, \
      "the field name {field} holds a character that no name may hold") \
  row(CAUSE_FIELD_CONTROL, "control-in-field", ENDING_BAD_REQUEST, "the field {field} holds a control character") \
  row(CAUSE_HEAD_TOO_LARGE, "head-too-large", ENDING_FIELDS_TOO_LARGE, \
      "the head is larger than {bytes}, the largest field that has come is {field} with {size}: send less, or " \
      "raise max_header_bytes") \
  row(CAUSE_FIELD_TOO_LARGE, "field-too-large", ENDING_FIELDS_TOO_LARGE, \
      "the head is larger than {bytes}, its field {field} alone has at least {size}: send less, or raise " \
      "max_header_bytes") \
  row(CAUSE_TOO_MANY_FIELDS, "too-many-fields", ENDING_FIELDS_TOO_LARGE, \
      "there are more than {fields} fields, the largest that has come is {field} with {size}: send fewer, or " \
      "raise max_header_fields") \
  /* what HTTP/2 alone can say wrong; what HTTP/1 calls a line is a field there */ \
  row(CAUSE_HTTP2_MALFORMED, "http2-malformed", ENDING_BAD_REQUEST, \
      "the request is malformed (RFC 9113 section 8): {what}") \
  row(CAUSE_HTTP2_HOSTS, "http2-hosts", ENDING_BAD_REQUEST, \
      "Host says {what}, and :authority something else: send one of them") \
  row(CAUSE_HTTP2_PROTOCOL, "http2-protocol", ENDING_HTTP2_BROKEN, \
      "the client breaks the rules of HTTP/2, so its connection was closed: {what}") \
  row(CAUSE_HTTP2_CONTINUATION, "http2-continuation", ENDING_HTTP2_FLOOD, \
      "a head came in very many pieces (a CONTINUATION flood), so the connection was closed") \
  row(CAUSE_HTTP2_BOMB, "http2-bomb", ENDING_HTTP2_FLOOD, \
      "a head unpacks to far more than {bytes} (an HPACK bomb), so the connection was closed") \
  row(CAUSE_FLOOD_RESETS, "flood-resets", ENDING_HTTP2_FLOOD, \
      "the client takes back or breaks requests faster than it may (a rapid reset), so its connection was closed") \
  row(CAUSE_FLOOD_SETTINGS, "flood-settings", ENDING_HTTP2_FLOOD, \
      "the client sent very many SETTINGS, so its connection was closed") \
  row(CAUSE_FLOOD_PINGS, "flood-pings", ENDING_HTTP2_FLOOD, \
      "the client sent very many PINGs, so its connection was closed") \
  row(CAUSE_FLOOD_EMPTY, "flood-empty", ENDING_HTTP2_FLOOD, \
      "the client sent very many empty DATA or HEADERS, so its connection was closed") \
  row(CAUSE_FLOOD_PRIORITY, "flood-priority", ENDING_HTTP2_FLOOD, \
      "the client sent very many PRIORITY frames, so its connection was closed") \
  row(CAUSE_FLOOD_WINDOWS, "flood-windows", ENDING_HTTP2_FLOOD, \
      "the client sent very many WINDOW_UPDATEs for the little it read, so its connection was closed") \
  row(CAUSE_FLOOD_IGNORED, "flood-ignored", ENDING_HTTP2_FLOOD, \
      "the client sent many MiB that mean nothing, in unknown frames or for closed streams, so its connection was closed") \
  row(CAUSE_FLOOD_ANSWERS, "flood-answers", ENDING_HTTP2_FLOOD, \
      "the client asks for more acknowledgements than it reads, so its connection was closed") \
  /* where a message ends */ \
  row(CAUSE_LENGTHS_DIFFER, "lengths-differ", ENDING_BAD_REQUEST, \
      "Content-Length says two lengths that differ: send one") \
  row(CAUSE_LENGTH_TWICE, "length-twice", ENDING_BAD_REQUEST, "Content-Length is there twice: send it once") \
  row(CAUSE_BAD_LENGTH, "bad-length", ENDING_BAD_REQUEST, \
      "the Content-Length {what} is no number: write digits alone") \
  row(CAUSE_LENGTH_TOO_LARGE, "length-too-large", ENDING_BAD_REQUEST, \
      "the Content-Length {what} is larger than any content can be") \
  row(CAUSE_LENGTH_AND_CODING, "length-and-coding", ENDING_BAD_REQUEST, \
      "there is a Content-Length beside Transfer-Encoding: only one can tell where the message ends") \
  row(CAUSE_CODING_IN_HTTP_1_0, "coding-in-http-1.0", ENDING_BAD_REQUEST, \
      "HTTP/1.0 has no Transfer-Encoding: send a Content-Length") \
  row(CAUSE_BAD_CODING, "bad-coding", ENDING_BAD_REQUEST, \
      "the Transfer-Encoding {what} is no list of codings: write chunked") \
  row(CAUSE_CODING_NOT_LAST, "chunked-not-last", ENDING_BAD_REQUEST, \
      "the last coding of Transfer-Encoding is {what}, and must be chunked") \
  row(CAUSE_CHUNKED_TWICE, "chunked-twice", ENDING_BAD_REQUEST, \
      "Transfer-Encoding names chunked twice: once is enough") \
  row(CAUSE_UNKNOWN_CODING, "unknown-coding", ENDING_UNKNOWN_CODING, \
      "the transfer coding {what} is not implemented: chunked alone is") \
  row(CAUSE_UNCLEAR, "unclear-framing", ENDING_BAD_REQUEST, \
      "two parsers that look at the message do not agree on where it ends") \
  /* bodies */ \
  row(CAUSE_CHUNK_SIZE, "chunk-size", ENDING_BAD_BODY, "the size of a chunk is no hexadecimal number") \
  row(CAUSE_CHUNK_TOO_LARGE, "chunk-too-large", ENDING_BAD_BODY, \
      "the size of a chunk has more than 16 hexadecimal digits, and no chunk can be so large") \
  row(CAUSE_CHUNK_BLANK_BEFORE, "blank-before-chunk-size", ENDING_BAD_BODY, \
      "a blank stands before the size of a chunk: leave it out") \
  row(CAUSE_CHUNK_BLANK_BEHIND, "blank-behind-chunk-size", ENDING_BAD_BODY, \
      "a blank stands behind the size of a chunk: leave it out") \
  row(CAUSE_CHUNK_EXTENSION, "chunk-extension", ENDING_BAD_BODY, \
      "a chunk has an extension that is neither name nor name=value") \
  row(CAUSE_CHUNK_END, "chunk-end", ENDING_BAD_BODY, \
      "a chunk does not end where its size says: a carriage return and a line feed have to follow its bytes") \
  row(CAUSE_EXTENSION_TOO_LARGE, "extension-too-large", ENDING_BAD_BODY, \
      "the line with a chunk's size is longer than {bytes}: shorten it, or raise max_header_bytes") \
  row(CAUSE_TRAILERS_TOO_LARGE, "trailers-too-large", ENDING_BAD_BODY, \
      "the trailers are larger than {bytes}: send less, or raise max_header_bytes") \
  row(CAUSE_TOO_MANY_TRAILERS, "too-many-trailers", ENDING_BAD_BODY, \
      "there are more than {fields} trailers: send fewer, or raise max_header_fields") \
  row(CAUSE_FOLDED_TRAILER, "folded-trailer", ENDING_BAD_BODY, \
      "a line of the trailers begins with a space or tab: write each trailer in one line") \
  row(CAUSE_FRAMING_TRAILER, "framing-trailer", ENDING_BAD_BODY, \
      "{field} stands among the trailers, where it is too late to say where the message ends") \
  row(CAUSE_BODY_TOO_LARGE, "body-too-large", ENDING_BODY_TOO_LARGE, \
      "the request body is larger than {body}: send less, or raise max_body_bytes") \
  /* Host and target */ \
  row(CAUSE_NO_HOST, "no-host", ENDING_BAD_REQUEST, "there is no Host field, which HTTP/1.1 asks for") \
  row(CAUSE_TWO_HOSTS, "two-hosts", ENDING_BAD_REQUEST, "there are two Host fields: send one") \
  row(CAUSE_BAD_HOST, "bad-host", ENDING_BAD_REQUEST, \
      "the Host {what} is not valid: one looks like shop.localhost, 127.0.0.1:5000 or [::1]:5000, and a port is " \
      "at most 65535") \
  row(CAUSE_FRAGMENT, "fragment", ENDING_BAD_REQUEST, \
      "a # stands in the request target: leave out what follows it, or write %23 for it") \
  row(CAUSE_TARGET_FORM, "bad-target", ENDING_BAD_REQUEST, \
      "the request target {what} is neither a path, which begins with /, nor an http:// address") \
  row(CAUSE_SCHEME, "scheme", ENDING_BAD_REQUEST, \
      "the request target {what} has another scheme than its connection: https:// is asked for over TLS, http:// in " \
      "plain") \
  row(CAUSE_TARGET_HOST, "bad-target-host", ENDING_BAD_REQUEST, \
      "the host {what} in the request target is not valid: one looks like shop.localhost, 127.0.0.1:5000 or " \
      "[::1]:5000, and a port is at most 65535") \
  row(CAUSE_USER_INFO, "user-info", ENDING_BAD_REQUEST, \
      "a user name stands in the request target: send it in an Authorization field") \
  row(CAUSE_ASTERISK, "asterisk", ENDING_BAD_REQUEST, "the request target * is for OPTIONS alone") \
  row(CAUSE_CLIMBS, "climbing-path", ENDING_BAD_PATH, "the path climbs above its root: too many .. stand in it") \
  row(CAUSE_PERCENT_NUL, "percent-nul", ENDING_BAD_PATH, "%00 stands in the path, which no file and no route can hold") \
  row(CAUSE_PERCENT, "bad-percent", ENDING_BAD_PATH, \
      "{what} in the path is no % with two hexadecimal digits: write %25 for a percent sign") \
  row(CAUSE_REWRITE_DOTS, "rewrite-dots", ENDING_BAD_PATH, \
      "the rewritten path has a . or .. for a segment, which a parameter of {route} brought in") \
  row(CAUSE_REDIRECT_DOTS, "redirect-dots", ENDING_BAD_PATH, \
      "the path that {route} redirects to has a . or .. for a segment, which a parameter brought in") \
  /* what else a request may not say */ \
  row(CAUSE_CONNECTION_NAMES, "connection-names", ENDING_BAD_REQUEST, \
      "Connection lists {what}, which drops it on the way, but it has to arrive: take it off that list") \
  row(CAUSE_TRACE_BODY, "trace-body", ENDING_BAD_REQUEST, "a TRACE request has a body, and may have none") \
  row(CAUSE_MAX_FORWARDS, "bad-max-forwards", ENDING_BAD_REQUEST, \
      "the Max-Forwards {what} is no number: write digits alone") \
  row(CAUSE_MAX_FORWARDS_TWICE, "max-forwards-twice", ENDING_BAD_REQUEST, \
      "there are two Max-Forwards fields: send one") \
  row(CAUSE_CONNECT, "connect", ENDING_CONNECT, "CONNECT is not allowed: this is no proxy for other places") \
  row(CAUSE_TRACE, "trace", ENDING_LOCAL_TRACE, \
      "TRACE is not answered here, and its Max-Forwards lets it go no further") \
  row(CAUSE_LOOP, "loop", ENDING_LOOP, \
      "the request has come by here {passes} times: does a target point back to this port?") \
  row(CAUSE_NO_ROUTE, "no-route", ENDING_NO_ROUTE, "no route of this port takes {path} of host {host}") \
  row(CAUSE_TLS_ONLY, "tls-only", ENDING_BAD_REQUEST, \
      "{route} is reached by TLS alone, and the request names no host to send it to: use https://") \
  row(CAUSE_MISDIRECTED, "misdirected", ENDING_MISDIRECTED, \
      "this connection's handshake was for another name, and {route} asks for more of one: connect to {host} by its " \
      "own name") \
  row(CAUSE_HEAD_TIMEOUT, "head-timeout", ENDING_HEAD_TIMEOUT, \
      "the request head was not whole after {header_timeout}: send it at once, or raise header_timeout") \
  row(CAUSE_IDLE, "idle", ENDING_IDLE, \
      "no byte moved in either direction for {idle}: {route} ends what rests so long (timeouts: idle)") \
  /* targets that give no answer */ \
  row(CAUSE_REFUSED, "refused", ENDING_REFUSED, \
      "{target} of {route} cannot be reached ({code}){held}: is it running there? Start it and try again") \
  row(CAUSE_NAME, "no-address", ENDING_REFUSED, \
      "the name of {target} of {route} has no address ({code}){held}: is it spelled right, do others resolve?") \
  row(CAUSE_NO_TARGET_LEFT, "all-weights-zero", ENDING_NO_TARGET, \
      "no target of {route} may be tried, all weights are 0: give one a weight") \
  row(CAUSE_CONNECT_TIMEOUT, "connect-timeout", ENDING_CONNECT_TIMEOUT, \
      "{target} of {route} did not accept a connection within {connect} (timeouts: connect): is the address right, " \
      "does a firewall drop it?") \
  row(CAUSE_CONNECT_TIMEOUT_OF_SYSTEM, "connect-timeout-of-system", ENDING_CONNECT_TIMEOUT, \
      "{target} of {route} accepted no connection, and the system gave up after {waited}: is the address right, " \
      "does a firewall drop it?") \
  row(CAUSE_UPSTREAM_LEFT, "upstream-left", ENDING_UPSTREAM_LEFT, \
      "{target} of {route} closed the connection after {waited}, without a byte of an answer: its own log may tell why") \
  row(CAUSE_UPSTREAM_BROKE, "upstream-broke", ENDING_UPSTREAM_LEFT, \
      "the connection to {target} of {route} broke before an answer, after {waited} ({code}): its own log may " \
      "tell why") \
  row(CAUSE_LEFT_IN_HEAD, "upstream-left-in-head", ENDING_UPSTREAM_LEFT, \
      "{target} of {route} broke off after {waited}, in the middle of a head that begins with {what}: its own log " \
      "may tell why") \
  row(CAUSE_LEFT_BEHIND_INTERIM, "upstream-left-behind-interim", ENDING_UPSTREAM_LEFT, \
      "{target} of {route} gave a provisional answer (1xx) and then ended the connection, after {waited}, without " \
      "a final one: its own log may tell why") \
  row(CAUSE_GAVE_UP, "upstream-gave-up", ENDING_UPSTREAM_LEFT, \
      "{target} of {route} gave up its idle connection with a 408 while the request was on its way, which may not " \
      "be sent twice: try again") \
  row(CAUSE_RESPONSE_TIMEOUT, "response-timeout", ENDING_RESPONSE_TIMEOUT, \
      "{target} of {route} did not answer within {response}: see what it does, or give it more (timeouts: response)") \
  row(CAUSE_UPSTREAM_STALLED, "upstream-stalled", ENDING_UPSTREAM_STALLED, \
      "{target} of {route} took nothing of the request for {idle}: see what it does, or give it more (timeouts: idle)") \
  /* what a target may not answer; the sentence goes on from "... answered wrongly: " */ \
  row(CAUSE_ANSWER_NOT_HTTP, "answer-not-http", ENDING_UPSTREAM_NONSENSE, \
      "it is no HTTP and begins with {what}; is something else on that port?") \
  row(CAUSE_ANSWER_TLS, "answer-tls", ENDING_UPSTREAM_NONSENSE, \
      "it answers in TLS; name a port where it speaks plain HTTP") \
  row(CAUSE_ANSWER_HTTP2, "answer-http2", ENDING_UPSTREAM_NONSENSE, \
      "it answers in HTTP/2; name a port where it speaks HTTP/1.1") \
  row(CAUSE_ANSWER_VERSION, "answer-version", ENDING_UPSTREAM_NONSENSE, \
      "it answers {what}; HTTP/1.1 and HTTP/1.0 are understood") \
  row(CAUSE_ANSWER_EMPTY_LINE, "answer-empty-line", ENDING_UPSTREAM_NONSENSE, \
      "it begins with an empty line; a status line comes first, like HTTP/1.1 200 OK") \
  row(CAUSE_STATUS_LINE_TOO_LONG, "status-line-too-long", ENDING_UPSTREAM_NONSENSE, \
      "the status line is too long for a head of {bytes}: shorten it, or raise max_header_bytes") \
  row(CAUSE_UPSTREAM_CUT, "upstream-cut", ENDING_UPSTREAM_CUT, \
      "{target} of {route} broke off in the middle of its answer: its own log may tell why") \
  row(CAUSE_STATUS_LINE, "status-line", ENDING_UPSTREAM_NONSENSE, \
      "{what} is no status line; one looks like HTTP/1.1 200 OK") \
  row(CAUSE_CONTROL_IN_STATUS_LINE, "control-in-status-line", ENDING_UPSTREAM_NONSENSE, \
      "a control character stands in the status line, behind {what}") \
  row(CAUSE_SWITCH_UNASKED, "switch-unasked", ENDING_UPSTREAM_NONSENSE, \
      "it switches to a protocol that was not asked for (101)") \
  row(CAUSE_WEBSOCKET_KEY, "websocket-key", ENDING_UPSTREAM_NONSENSE, \
      "it switches to a WebSocket that was not asked for (Sec-WebSocket-Accept)") \
  row(CAUSE_WEBSOCKET_REFUSED, "websocket-refused", ENDING_UPSTREAM_NONSENSE, \
      "it was asked for a WebSocket and answers as if there were none ({what})") \
  /* what nobody but the log is told */ \
  row(CAUSE_CLIENT_LEFT, "client-left", ENDING_CLIENT_LEFT, "the client left first") \
  row(CAUSE_RESET_BY_CLIENT, "reset-by-client", ENDING_RESET_BY_CLIENT, "reset by client") \
  row(CAUSE_RESET_BY_TARGET, "reset-by-target", ENDING_RESET_BY_TARGET, "reset by target") \
  row(CAUSE_DRAIN, "drain", ENDING_DRAIN, "cut at shutdown: drain and drain_tunnels say how long it may go on")
/* clang-format on */

enum cause {
#define CAUSE_ENUM(name, label, reason, sentence) name,
  CAUSE_TABLE(CAUSE_ENUM)
#undef CAUSE_ENUM
      CAUSE_COUNT
};

/* The columns of a cause's row; all texts are constant. */
const char *cause_label(enum cause cause);
const char *cause_sentence(enum cause cause);

#endif
