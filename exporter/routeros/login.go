package routeros

import (
	"crypto/md5" //nolint:gosec // the login of RouterOS before 6.43 is made of it
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// login logs in before the read loop runs, one sentence at a time.
//
// Since 6.43 the password goes in the first sentence. Older routers ignore it
// and answer with a challenge, and want MD5(0x00 password challenge) instead
// (MikroTik, "API": Initial login).
func (c *Conn) login() error {
	password, err := c.password()
	if err != nil {
		return &Error{Reason: ReasonAuth, Err: fmt.Errorf("get the password: %w", err)}
	}
	challenge, err := c.loginStep("=name="+c.opts.Username, "=password="+password)
	if err != nil || challenge == "" {
		return err
	}
	salt, err := hex.DecodeString(challenge)
	if err != nil {
		return errors.New("login challenge is not hexadecimal")
	}
	sum := md5.Sum(append([]byte("\x00"+password), salt...)) //nolint:gosec // as above
	again, err := c.loginStep("=name="+c.opts.Username, "=response=00"+hex.EncodeToString(sum[:]))
	if err == nil && again != "" {
		return errors.New("second login challenge after the first was answered")
	}
	return err
}

func (c *Conn) password() (string, error) {
	if c.opts.Password == nil {
		return "", errors.New("none is set")
	}
	return c.opts.Password()
}

// loginStep sends one login sentence and returns the challenge in its answer,
// empty when the login is complete.
func (c *Conn) loginStep(attributes ...string) (challenge string, err error) {
	if err := c.write(append([]string{"/login"}, attributes...)...); err != nil {
		return "", fmt.Errorf("send login: %w", err)
	}
	var refused *Error
	for {
		s, err := c.dec.next()
		if err != nil {
			return "", fmt.Errorf("read answer to login: %w", err)
		}
		row := Row{s}
		switch reply := string(s.word(0)); reply {
		case "!done":
			if refused != nil {
				return "", refused
			}
			return row.String("ret"), nil
		case "!trap":
			refused = refusal(row.String("message"))
			if isFinalRefusal(refused.Message) {
				return "", refused
			}
		case "!fatal":
			return "", &Error{
				Reason: ReasonFatal, Message: fatalMessage(s),
				Hint: "check the router's log and the max-sessions of /ip/service",
			}
		default:
			return "", fmt.Errorf("answer to login begins with %s", quoteMessage(reply))
		}
	}
}

func refusal(message string) *Error {
	return &Error{
		Reason: ReasonAuth, Message: message,
		Hint: "check username and password, and that the user's group has the policies api and read",
	}
}

// isFinalRefusal reports whether to stop reading: routers that refuse a login
// do not all send the !done that ought to follow.
func isFinalRefusal(message string) bool {
	return strings.Contains(message, "invalid user name or password") || strings.HasPrefix(message, "cannot log in")
}

// fatalMessage is what a router says in !fatal: a bare second word, in some
// versions an attribute.
func fatalMessage(s sentence) string {
	if m := (Row{s}).String("message"); m != "" {
		return m
	}
	if s.len() > 1 {
		return string(s.word(1))
	}
	return ""
}
