package oracle

// difference is a way in which another library may answer otherwise than ours.
type difference struct {
	library string
	ours    int    // our close code
	reason  string // what our close frame says, or any if empty
	theirs  int    // their close code
	more    int    // how many more messages than ours they may echo
	why     string
}

// differences is all that are known. In each, what ours does is meant.
var differences = []difference{
	{
		"coder", 1007, "invalid UTF-8", 0, 2,
		"Ours ends the connection for text that is not UTF-8 (RFC 6455 §8.1); the library leaves the check to the application, and echoes.",
	},
	{
		"gorilla", 1007, "invalid UTF-8", 0, 2,
		"As for coder: whether a text is UTF-8 is the application's to check.",
	},
	{
		"coder", 1007, "invalid UTF-8", 1000, 0,
		"A close reason that is not UTF-8: ours says so with 1007, where the library sends back what it got.",
	},
	{
		"gorilla", 1007, "invalid UTF-8", 1002, 0,
		"A close reason that is not UTF-8: ours answers with the code that is for that, where the library takes the general one.",
	},
	{
		"coder", 1002, "length not in its shortest form", 0, 2,
		"Ours insists on the shortest form (RFC 6455 §5.2), so that a message has one encoding only.",
	},
	{
		"gorilla", 1002, "length not in its shortest form", 0, 2,
		"As for coder.",
	},
	{
		"coder", 1002, "masking is for the client alone", 0, 0,
		"Both end the connection; that a close frame says why is optional (RFC 6455 §5.1).",
	},
	{
		"coder", 1009, "", 0, 0,
		"Ours judges the length a header declares, the library the bytes that come; the stream ends before they are too many.",
	},
	{
		"gorilla", 1009, "", 0, 0,
		"The stream ends between a length and the masking key; ours does not wait for the key.",
	},
	{
		"coder", 1008, "too many fragments", 0, 2,
		"A message may have 1,024 fragments here; the RFC sets no bound, but wants implementations to have theirs (§10.4).",
	},
	{
		"gorilla", 1008, "too many fragments", 0, 2,
		"As for coder.",
	},
	{
		"coder", 0, "", 0, 1,
		"The stream ends between two fragments: here a message without its last one is none.",
	},
	{
		"gorilla", 1002, "close body of one byte", 1005, 0,
		"A close body is empty or has a code of two bytes (RFC 6455 §5.5.1); ours calls the rest a protocol error.",
	},
	{
		"gorilla", 1014, "", 1002, 0,
		"1014 was registered with IANA after the RFC; ours knows it.",
	},
}

// explains says whether the two outcomes differ in this way.
func (d difference) explains(library string, ours, theirs outcome) bool {
	if d.library != library || d.ours != ours.code || d.theirs != theirs.code {
		return false
	}
	if d.reason != "" && d.reason != ours.reason {
		return false
	}
	return ours.isBeginning(theirs) && len(theirs.frames) <= len(ours.frames)+d.more
}
