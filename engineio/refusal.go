package engineio

import (
	"encoding/json/v2"
	"log/slog"
	"net/http"
	"time"
)

// A refusal is why a request is answered with an error, by a status alone if code is not
// one of the protocol's.
type refusal struct {
	status int
	cause  string
	advice advice
	level  slog.Level // LevelInfo unless it says otherwise: peers can cause most at will
}

// logRefused logs why a request is refused: one line for each. Once a minute for each kind
// of advice the line has that too, as its hint, and is a warning.
func (s *Server) logRefused(r *http.Request, why *refusal, more ...slog.Attr) {
	level := why.level
	attrs := append([]slog.Attr{slog.Int("status", why.status), slog.String("cause", why.cause)}, more...)
	attrs = append(attrs, slog.String("method", r.Method), slog.String("remote", r.RemoteAddr))
	if s.advisories.due(why.advice.kind, s.now()) {
		level = max(level, slog.LevelWarn)
		attrs = append(attrs, slog.String("hint", why.advice.text))
	}
	s.log.LogAttrs(r.Context(), level, "engineio: request refused", attrs...)
}

// refuse answers a request with one of the protocol's errors, and logs it.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err *HandshakeError, more ...slog.Attr) {
	err.advice = s.advise(r, err)
	s.logRefused(r, &refusal{status: err.status(), cause: err.cause(), advice: err.advice},
		append([]slog.Attr{slog.Int("code", err.Code)}, more...)...)
	s.writeError(w, r, err)
}

// refused counts and shows a request that is refused.
func (s *Server) refused(r *http.Request, err *HandshakeError) {
	s.count.refused[err.Code].Add(1)
	s.trace.refused(r, err)
}

// boundBody bounds the time that a refused request's body may take: before it sends the
// refusal net/http reads the body, or part of it.
func boundBody(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	}
}

// writeError answers a request with one of the protocol's errors.
func (s *Server) writeError(w http.ResponseWriter, r *http.Request, err *HandshakeError) {
	boundBody(w, r)
	s.refused(r, err)
	body, _ := json.Marshal(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{err.Code, err.Message})
	h := w.Header()
	h["Content-Type"] = contentJSON
	w.WriteHeader(err.status())
	w.Write(body)
}

// writeStatus answers with a status and no body, and logs it.
func (s *Server) writeStatus(w http.ResponseWriter, r *http.Request, why *refusal) {
	boundBody(w, r)
	s.logRefused(r, why)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(why.status)
}

// warnOfLimit logs, once a minute, that something around the server will cut polls off.
func (s *Server) warnOfLimit(r *http.Request) {
	end, limited := r.Context().Deadline()
	if !limited || time.Until(end) > s.options.PingInterval || !s.advisories.due(onTimeLimit, s.now()) {
		return
	}
	s.log.LogAttrs(r.Context(), slog.LevelWarn, "engineio: requests have a time limit shorter than a poll waits",
		slog.Duration("limit", time.Until(end).Round(time.Second)), slog.Duration("wait", s.options.PingInterval),
		slog.String("hint", "leave http.TimeoutHandler and its like off this path"))
}
