package transcript

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// A heard is something that the server has said on a connection.
type heard struct {
	kind    kind   // response, message, binary, closing or hangUp
	data    string // a body, a text, binary data
	code    int    // of a response or a close frame
	headers http.Header
}

// String describes it as a line of a transcript would.
func (h heard) String() string {
	visible := toSigns.Replace(h.data)
	switch h.kind {
	case response:
		return strings.TrimRight(fmt.Sprintf("%d %s", h.code, visible), " ")
	case binaryMessage:
		return fmt.Sprintf("(binary % x)", h.data)
	case closing:
		return fmt.Sprintf("(close %d)", h.code)
	case hangUp:
		return "(end)"
	default:
		return visible
	}
}

// A conn is one connection to the server. A goroutine reads what the server says.
type conn struct {
	net.Conn
	name string
	line int // where it was opened
	in   *bufio.Reader

	heard  chan heard // closed at the end of the connection
	reader sync.WaitGroup

	closed bool // the client has sent a close frame
}

// manyHeard is how much a server may say that nobody has listened to yet.
const manyHeard = 10_000

func newConn(nc net.Conn, name string, line int) *conn {
	return &conn{Conn: nc, name: name, line: line, in: bufio.NewReader(nc), heard: make(chan heard, manyHeard)}
}

// hangUp ends the connection.
func (c *conn) hangUp() {
	c.Close()
	c.reader.Wait()
}

// webSocketKey is what the client's handshakes carry.
const webSocketKey = "dHJhbnNjcmlwdHNhcmVmdQ=="

// send writes a request.
func (c *conn) send(method, target, body string, headers []header) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: transcript.test\r\n", method, target)
	if c.name == "ws" || strings.HasPrefix(c.name, "ws:") {
		text.WriteString("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + webSocketKey + "\r\n")
	} else {
		text.WriteString("Connection: close\r\n")
	}
	sized := method != http.MethodPost && body == ""
	for _, h := range headers {
		text.WriteString(h.name + ": " + h.value + "\r\n")
		sized = sized || h.name == "Content-Length"
	}
	if !sized {
		fmt.Fprintf(&text, "Content-Length: %d\r\n", len(body))
	}
	text.WriteString("\r\n" + body)
	_, err := io.WriteString(c, text.String())
	return err
}

// readResponse reads the answer to a request.
func (c *conn) readResponse(method string) (heard, error) {
	resp, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		return heard{}, err
	}
	h := heard{kind: response, code: resp.StatusCode, headers: resp.Header}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		sum := sha1.Sum([]byte(webSocketKey + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		if got, want := resp.Header.Get("Sec-WebSocket-Accept"), base64.StdEncoding.EncodeToString(sum[:]); got != want {
			return h, fmt.Errorf("Sec-WebSocket-Accept is %q, want %q", got, want)
		}
		return h, nil
	}
	body, err := io.ReadAll(resp.Body)
	h.data = string(body)
	return h, err
}

// listen reads the one answer to a request.
func (c *conn) listen(method string) {
	c.reader.Go(func() {
		defer close(c.heard)
		if h, err := c.readResponse(method); err == nil {
			c.heard <- h
		}
	})
}

// The opcodes of RFC 6455 §5.2 that a server may send here, as a frame's first byte.
const (
	textFrame   = 0x81
	binaryFrame = 0x82
	closeFrame  = 0x88
	pingFrame   = 0x89
	pongFrame   = 0x8A
)

// listenFrames reads the frames of a WebSocket.
func (c *conn) listenFrames() {
	c.reader.Go(func() {
		defer close(c.heard)
		for {
			first, data, err := c.readFrame()
			if err != nil {
				c.heard <- heard{kind: hangUp}
				return
			}
			h := heard{kind: message, data: string(data)}
			switch first {
			case binaryFrame:
				h.kind = binaryMessage
			case closeFrame:
				h = heard{kind: closing, code: 1005}
				if len(data) >= 2 {
					h.code = int(binary.BigEndian.Uint16(data))
				}
			case textFrame:
			case pingFrame, pongFrame:
				h.data = fmt.Sprintf("(a frame of WebSocket, %#x)", first)
			default:
				h.data = fmt.Sprintf("(a frame that begins with %#x)", first)
			}
			c.heard <- h
			if h.kind == closing {
				return
			}
		}
	})
}

// readFrame reads a frame, which a server does not mask.
func (c *conn) readFrame() (first byte, data []byte, err error) {
	head := make([]byte, 10)
	if _, err := io.ReadFull(c.in, head[:2]); err != nil {
		return 0, nil, err
	}
	size, more := uint64(head[1]), 0
	switch size {
	case 126:
		more = 2
	case 127:
		more = 8
	}
	if _, err := io.ReadFull(c.in, head[2:2+more]); err != nil {
		return 0, nil, err
	}
	switch more {
	case 2:
		size = uint64(binary.BigEndian.Uint16(head[2:]))
	case 8:
		size = binary.BigEndian.Uint64(head[2:])
	}
	data, err = io.ReadAll(io.LimitReader(c.in, int64(size)))
	if uint64(len(data)) < size && err == nil {
		err = io.ErrUnexpectedEOF
	}
	return head[0], data, err
}

// writeFrame writes a frame, masked as a client has to.
func (c *conn) writeFrame(first byte, data string) error {
	b := []byte{first}
	switch n := len(data); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n <= 0xFFFF:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	key := [4]byte{0x12, 0x34, 0x56, 0x78}
	b = append(b, key[:]...)
	for i := range len(data) {
		b = append(b, data[i]^key[i%4])
	}
	_, err := c.Write(b)
	return err
}

// writeClose writes a close frame, once.
func (c *conn) writeClose(code int) error {
	if c.closed {
		return nil
	}
	c.closed = true
	if code == 1005 {
		return c.writeFrame(closeFrame, "")
	}
	return c.writeFrame(closeFrame, string(binary.BigEndian.AppendUint16(nil, uint16(code))))
}
