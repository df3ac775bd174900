using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Acl;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;

namespace RedisAot.Server.Execution;

/// <summary>
/// The checks between a request and its handler, in official order (processCommand). The usual command of a usual
/// client skips them all: <see cref="ServerNeedsChecks"/> and <see cref="Client.NeedsChecks"/> say whether it may.
/// </summary>
internal sealed unsafe class CommandGate
{
    /// <summary>Commands with one of these flags are checked even when nothing else asks for it.</summary>
    public const CommandFlags AlwaysChecked = CommandFlags.Protected | CommandFlags.Blocking;

    // What official quotes of an unknown command and of its arguments.
    private const int MaxQuotedBytes = 128;

    private readonly RedisServer _server;
    private readonly CommandContext _context;
    private nint _replyStart; // where in the reply buffer the error of the command that is checked begins

    public CommandGate(RedisServer server, CommandContext context)
    {
        _server = server;
        _context = context;
    }

    /// <summary>Whether the server is in a state in which some commands are refused or put off.</summary>
    public bool ServerNeedsChecks { get; private set; }

    public void Update() =>
        ServerNeedsChecks = _server.Config.MaxMemory > 0 || _server.Pause.IsActive || _server.IsLoading || _server.WriteRefusal != null
            || _server.Tracking.ClientCount > 0;

    /// <summary>Whether the command may run (or be queued); otherwise the error has been replied and counted.</summary>
    public bool Check(CommandRow? row)
    {
        _replyStart = _context.Reply.Buffer.Length;
        if (row == null)
        {
            if (_context.ArgIs(0, "post"u8) || _context.ArgIs(0, "host:"u8))
            {
                // A browser that was talked into sending HTTP to us must not get any further.
                _server.OnCrossProtocolScripting(_context.Client);
                return false;
            }
            ReplyUnknown();
            return Refused(null);
        }
        if (row.Handler == null || !row.AcceptsArgumentCount(_context.ArgCount))
        {
            _context.Reply.Error($"ERR wrong number of arguments for '{row.FullName}' command");
            return Refused(row);
        }
        return CheckPermission(row) && CheckState(row);
    }

    /// <summary>Whether CLIENT PAUSE holds the command back.</summary>
    public bool MustPause(CommandRow row) => _server.Pause.IsActive && _server.Pause.HoldsBack(_context.Client, row);

    private bool CheckPermission(CommandRow row)
    {
        if ((row.Flags & CommandFlags.Protected) != 0 && !_server.AllowsProtected(row, _context.Client))
        {
            string name = row.Parent?.Name ?? row.Name;
            _context.Reply.Error($"ERR {name.ToUpperInvariant()} command not allowed. If the enable-{name}-command option is set to " +
                "\"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, " +
                "and then restart the server.");
            return Refused(row);
        }
        if (!_context.Client.Authenticated && (row.Flags & CommandFlags.NoAuth) == 0)
        {
            _context.Reply.Error("NOAUTH Authentication required."u8);
            return Refused(row);
        }
        if (_context.Client.InMulti && (row.Flags & CommandFlags.NoMulti) != 0)
            return Refuse(row, "ERR Command not allowed inside a transaction"u8);
        return CheckUser(row);
    }

    private bool CheckUser(CommandRow row)
    {
        DenialContext context = _context.Client.InMulti ? DenialContext.Multi : DenialContext.TopLevel;
        switch (_server.Acl.Check(_context, row, _context.Arguments, context))
        {
            case DenialReason.None:
                return true;
            case DenialReason.Command:
                _context.Reply.Error($"NOPERM this user has no permissions to run the '{row.FullName}' command");
                return Refused(row);
            case DenialReason.Key:
                return Refuse(row, "NOPERM this user has no permissions to access one of the keys used as arguments"u8);
            case DenialReason.Database:
                return Refuse(row, "NOPERM No permissions to access database"u8);
            default:
                return Refuse(row, "NOPERM this user has no permissions to access one of the channels used as arguments"u8);
        }
    }

    private bool CheckState(CommandRow row)
    {
        Client client = _context.Client;
        CommandFlags flags = row.Flags;
        if (client.InMulti)
            flags = FlagsInMulti(row, client.Transaction!);
        if (_server.Config.MaxMemory > 0 && !_server.Eviction.MakeRoom() && (flags & CommandFlags.DenyOom) != 0)
            return Refuse(row, "OOM command not allowed when used memory > 'maxmemory'."u8);
        if (_server.Tracking.ClientCount > 0)
            _server.Tracking.KeepToLimit();
        if (_server.WriteRefusal is { } refusal && ((flags & CommandFlags.Write) != 0 || row.Name == "ping"))
            return Refuse(row, refusal);
        if (client.SubscriptionCount > 0 && client.Protocol == 2 && !RunsWhileSubscribed(row))
        {
            _context.Reply.Error($"ERR Can't execute '{row.FullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET " +
                "are allowed in this context");
            return Refused(row);
        }
        if (_server.IsLoading && (flags & CommandFlags.Loading) == 0)
            return Refuse(row, "LOADING Redis is loading the dataset in memory"u8);
        return true;
    }

    // EXEC stands for what was queued, and whatever is queued takes memory.
    private static CommandFlags FlagsInMulti(CommandRow row, Transaction transaction) => row.FullName switch
    {
        "exec" => row.Flags | (transaction.QueuedFlags & (CommandFlags.Write | CommandFlags.DenyOom)),
        "discard" or "quit" or "reset" => row.Flags,
        _ => row.Flags | CommandFlags.DenyOom,
    };

    private static bool RunsWhileSubscribed(CommandRow row) =>
        row.Name is "ping" or "subscribe" or "psubscribe" or "ssubscribe" or "unsubscribe" or "punsubscribe" or "sunsubscribe" or "quit" or "reset";

    private bool Refuse(CommandRow row, ReadOnlySpan<byte> error)
    {
        _context.Reply.Error(error);
        return Refused(row);
    }

    private bool Refused(CommandRow? row)
    {
        if (row != null)
            row.RejectedCalls++;
        if (row is { Name: "exec" })
            AbortExec();
        _server.Stats.CountError(_context.Reply.LastErrorPrefix);
        return false;
    }

    // EXEC that is refused ends its transaction, with EXECABORT around the reason.
    private void AbortExec()
    {
        ReplyWriter reply = _context.Reply;
        string error = Encoding.Latin1.GetString(reply.Buffer.WrittenFrom(_replyStart)[1..^2]);
        reply.Buffer.Truncate(_replyStart);
        const string GenericPrefix = "ERR ";
        string reason = error.StartsWith(GenericPrefix, StringComparison.Ordinal) ? error[GenericPrefix.Length..] : error;
        reply.Error($"EXECABORT Transaction discarded because of: {reason}");
        _context.Client.Transaction?.Close();
        _context.Client.UpdateGate();
    }

    private void ReplyUnknown()
    {
        if (_server.Commands.Find(_context[0]) != null)
        {
            string name = Encoding.Latin1.GetString(_context[0]).ToUpperInvariant();
            _context.Reply.Error($"ERR unknown subcommand '{Quote(_context[1], MaxQuotedBytes)}'. Try {name} HELP.");
            return;
        }
        StringBuilder arguments = new();
        for (int i = 1; i < _context.ArgCount && arguments.Length < MaxQuotedBytes; i++)
        {
            string quoted = Quote(_context[i], MaxQuotedBytes - arguments.Length);
            arguments.Append('\'').Append(quoted).Append("' ");
        }
        _context.Reply.Error($"ERR unknown command '{Quote(_context[0], MaxQuotedBytes)}', with args beginning with: {arguments}");
    }

    // Official prints C strings, which end at the first NUL.
    private static string Quote(ReadOnlySpan<byte> text, int maxBytes)
    {
        int nul = text.IndexOf((byte)0);
        int length = Math.Min(nul < 0 ? text.Length : nul, maxBytes);
        return Encoding.Latin1.GetString(text[..length]);
    }
}
