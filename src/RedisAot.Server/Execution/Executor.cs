using System.Diagnostics;
using System.Runtime.CompilerServices;
using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;
using RedisAot.Server.Networking;
using RedisAot.Server.Persistence;
using RedisAot.Server.PubSub;

namespace RedisAot.Server.Execution;

/// <summary>Why a batch ended.</summary>
internal enum BatchEnd
{
    /// <summary>The input holds no further complete request, or the client must wait or leave.</summary>
    InputUsedUp,

    /// <summary>Enough replies for one send; there is more input.</summary>
    ReplyBufferFull,
}

/// <summary>
/// Runs commands, one at a time, under the execution lock: parses a batch, checks and calls each command, keeps its
/// statistics, passes its effects on.
/// </summary>
public sealed unsafe class Executor
{
    /// <summary>
    /// A batch ends, and its replies are sent, once they exceed this many bytes. What they take counts as used memory, so that
    /// much more would have keys evicted in place of the client that does not read.
    /// </summary>
    private const int MaxBatchReplyBytes = 256 * 1024;

    /// <summary>A client with this many unsent bytes is not read from until it has taken them.</summary>
    private const long MaxUnsentBytesWhileReading = 256L * 1024 * 1024;

    private readonly RedisServer _server;
    private readonly CommandContext _context;
    private readonly CommandGate _gate;
    private long _countedErrors; // an error of a nested command is that command's alone
    private readonly List<SocketLoop> _loopsToWake = [];
    private readonly RequestBatch _requests = new();
    private OutputBuffer? _lateReplies;

    // What is pushed to a client whose replies are off (CLIENT REPLY) while its own command runs, whose reply will be taken back.
    private readonly OutputBuffer _silentPushes = new(1024);
    private bool _isReplyRevocable;
    private Client? _active;
    private int _depth;

    internal Executor(RedisServer server, CommandContext context)
    {
        _server = server;
        _context = context;
        _gate = new CommandGate(server, context);
    }

    /// <summary>Whether a command runs now. May be asked from any thread.</summary>
    internal bool IsBusy => Volatile.Read(ref _depth) > 0;

    /// <summary>The client whose requests are being run; null when the server does something by itself.</summary>
    internal Client? ActiveClient => _active;

    /// <summary>Runs the requests in a buffer and sends the replies. Called on the connection's loop, without the lock.</summary>
    internal BatchEnd RunBatch(Client client, RequestParser parser, byte* bytes, nint length, SocketLoop loop, ConnectionOutput output)
    {
        _server.Lock.Enter();
        if (client.IsClosed || !_server.ClientEviction.Admits(client))
        {
            _server.Lock.Exit();
            return BatchEnd.InputUsedUp;
        }
        Activate(client, loop.ReplyBuffer);
        loop.ReplyBuffer.MaxLength = _server.OutputLimits.RoomFor(client);
        long inputBefore = client.TotalInputBytes;
        _server.Clock.Update(Stopwatch.GetTimestamp());
        BatchEnd end = RunRequests(client, parser, bytes, length);
        _server.OutputLimits.CheckReplies(client, loop.ReplyBuffer);
        EndBatch();
        client.BufferUse.Note(client.TotalInputBytes - inputBefore, loop.ReplyBuffer.Length, client.LastInteractionMs);
        AofWriter file = _server.Aof.Writer;
        long appended = file.Appended;
        bool hold = !file.IsCommitted(appended) && loop.HoldsUncommitted(file.WaitsForDisk);
        bool reply = loop.ReplyBuffer.Length > 0 && !client.IsClosed;
        if (hold && reply && output.Append(loop.ReplyBuffer))
            loop.QueueFlush(client.Connection!);
        bool send = !hold && reply && output.TryBeginBatch(loop.ReplyBuffer);
        _server.Stats.AddOutput(loop.ReplyBuffer.Length);
        SocketLoop[] others = TakeLoopsToWake();
        _server.Lock.Exit();

        if (!hold)
            file.Commit(appended);
        if (send)
        {
            output.SendBatch(loop);
        }
        else
        {
            loop.ReplyBuffer.Reset(client.IsClosed ? SocketLoop.ReceiveBufferBytes : SocketLoop.ReplyBufferKeptBytes);
            if (!hold)
                output.Flush();
        }
        Wake(others);
        if (!hold)
            loop.FlushSome();
        if (output.PendingBytes > 0)
            LimitOutput(client, output);
        return end;
    }

    /// <summary>
    /// Whether a client that is sending a long request may go on as far as maxmemory-clients is concerned; false when it was
    /// closed. Called without the lock.
    /// </summary>
    internal bool Admits(Client client)
    {
        if (!_server.ClientEviction.IsLimiting)
            return true;
        _server.Lock.Enter();
        bool admits = _server.ClientEviction.Admits(client);
        _server.Lock.Exit();
        return admits;
    }

    // The client has not taken all that it was sent.
    private void LimitOutput(Client client, ConnectionOutput output)
    {
        if (output.PendingBytes > MaxUnsentBytesWhileReading)
            client.ReadPausedByOutput = true;
        _server.Lock.Enter();
        _server.OutputLimits.Check(client);
        _server.ClientEviction.Admits(client);
        _server.Lock.Exit();
    }

    /// <summary>Has a loop send what was appended to one of its connections once the lock is left.</summary>
    internal void FlushLater(Connection connection, SocketLoop loop)
    {
        _server.ClientEviction.Measure(connection.Client);
        loop.QueueFlush(connection);
        if (loop != SocketLoop.Current && !_loopsToWake.Contains(loop))
            _loopsToWake.Add(loop);
    }

    /// <summary>
    /// Sends what was appended to connections while the lock was held, or has their loops do so. Called on a loop, without the lock.
    /// </summary>
    internal void FlushPending()
    {
        _server.Lock.Enter();
        SocketLoop[] others = TakeLoopsToWake();
        long appended = _server.Aof.Writer.Appended;
        _server.Lock.Exit();
        _server.Aof.Writer.Commit(appended);
        Wake(others);
        SocketLoop.Current?.FlushSome();
    }

    /// <summary>Completes what the commands since the lock was taken have begun. Called before the lock is left.</summary>
    internal void EndBatch()
    {
        if (_server.Tracking.HasBroadcasts)
            _server.Tracking.SendBroadcasts();
        _active = null;
        _server.OutputLimits.CloseExceeded();
    }

    /// <summary>Sends bytes to a client: in place in its replies when its own command runs, else behind what waits for it.</summary>
    internal void SendTo(Client client, ReadOnlySpan<byte> bytes)
    {
        if (client == _active)
            _context.Reply.Buffer.Append(bytes);
        else if (CanBeSentTo(client))
            client.Connection!.Append(bytes);
        _server.OutputLimits.CheckLater(client);
    }

    /// <summary>Sends a push like <see cref="SendTo"/>; it comes even where CLIENT REPLY has turned the replies off.</summary>
    internal void Send(Client client, in Push push)
    {
        byte type = Push.TypeFor(client.Protocol);
        if (client == _active)
        {
            bool isSilent = _isReplyRevocable && client.ReplyMode is ReplyMode.Off or ReplyMode.Skip;
            OutputBuffer target = isSilent ? _silentPushes : _context.Reply.Buffer;
            target.Append([type]);
            target.Append(push.Body);
            return;
        }
        if (CanBeSentTo(client))
            client.Connection!.Append(type, push);
        _server.OutputLimits.CheckLater(client);
    }

    private static bool CanBeSentTo(Client client) => !client.IsClosed && !client.IsOverLimit && client.Connection != null;

    /// <summary>Runs a command for the client whose batch is being run.</summary>
    internal void Execute(Client client, ArgumentVector arguments) => Execute(client, _server.Commands.Find(arguments), arguments);

    private void Execute(Client client, CommandRow? row, ArgumentVector arguments)
    {
        _context.Arguments = arguments;
        client.TotalCommands++;
        client.LastCommand = row;
        if (!client.NeedsChecks && !_gate.ServerNeedsChecks && row != null && row.Handler != null
            && (row.Flags & CommandGate.AlwaysChecked) == 0 && row.AcceptsArgumentCount(arguments.Count)
            && (!client.IsRestricted || client.User.AllowsPlainly(row, arguments)))
            Call(row, arguments);
        else
            ExecuteChecked(client, row, arguments);
    }

    /// <summary>Runs a command that was put off, for a client whose batch is not being run; the replies are sent later.</summary>
    internal void ExecuteLate(Client client, ArgumentVector arguments)
    {
        using (ActFor(client))
            Execute(client, arguments);
    }

    /// <summary>
    /// Has the context belong to a client whose batch is not being run, until the result is disposed of; what is replied
    /// meanwhile is then sent to that client, unless it is to hear nothing.
    /// </summary>
    internal LateReply ActFor(Client client, bool silent = false) => new(this, client, silent);

    /// <summary>Runs a command of a transaction or script: checked by the caller, part of the running command.</summary>
    internal void CallNested(CommandRow row, ArgumentVector arguments)
    {
        (CommandRow outerRow, ArgumentVector outerArguments) = (_context.Row, _context.Arguments);
        _context.Arguments = arguments;
        Call(row, arguments);
        (_context.Row, _context.Arguments) = (outerRow, outerArguments);
    }

    /// <summary>Runs a command out of an append-only file: it is not checked, counted or propagated, and its reply is nobody's.</summary>
    internal void Replay(CommandRow row, ArgumentVector arguments, string source)
    {
        CommandContext context = _context;
        (context.Row, context.Arguments) = (row, arguments);
        long errorsBefore = context.Reply.ErrorCount;
        context.Effects.BeginCommand();
        _depth++;
        row.Handler(context);
        _depth--;
        if (context.Reply.ErrorCount != errorsBefore)
        {
            string reply = System.Text.Encoding.Latin1.GetString(context.Reply.Buffer.UnconsumedSpan).TrimEnd();
            Process.ServerLog.Warning($"== CRITICAL == This server is sending an error to its AOF-loading-client: '{reply}' after processing " +
                $"the command '{row.FullName}' of {source}");
        }
        context.Reply.Buffer.Truncate(0);
    }

    /// <summary>To be called when something changed that every command is checked against.</summary>
    internal void UpdateGate() => _gate.Update();

    /// <summary>The full check of one command; false when an error was replied.</summary>
    internal bool Check(CommandRow? row) => _gate.Check(row);

    private void Activate(Client client, OutputBuffer replies)
    {
        _active = client;
        _context.Client = client;
        _context.Reply.Buffer = replies;
        _context.Reply.Protocol = client.Protocol;
    }

    private BatchEnd RunRequests(Client client, RequestParser parser, byte* bytes, nint length)
    {
        client.LastInteractionMs = _server.Clock.NowMs;
        OutputBuffer replies = _context.Reply.Buffer;
        while (CanRun(client) && !replies.IsOverMax)
        {
            if (replies.Length > MaxBatchReplyBytes)
                return BatchEnd.ReplyBufferFull;
            // What a client may send changes when it authenticates, so until then nothing is parsed ahead.
            ParserLimits limits = new(_server.Config.ProtoMaxBulkLen, !client.Authenticated);
            ParseResult result = _requests.Parse(parser, bytes, length, limits, client.Authenticated ? RequestBatch.MaxRequests : 1);
            _requests.FindCommands(_server.Commands);
            if (_requests.Count > 1)
                _requests.Prefetch(ref client.Database.Keys);
            if (!RunParsed(client, parser, replies))
                continue;
            if (result == ParseResult.Incomplete)
                return BatchEnd.InputUsedUp;
            if (result == ParseResult.Error && CanRun(client))
                RefuseProtocol(client, parser.Error);
        }
        return BatchEnd.InputUsedUp;
    }

    // False when some of the requests must wait: the client may not go on now, or enough replies have gathered.
    private bool RunParsed(Client client, RequestParser parser, OutputBuffer replies)
    {
        for (int i = 0; i < _requests.Count; i++)
        {
            if (!CanRun(client) || replies.Length > MaxBatchReplyBytes || replies.IsOverMax)
            {
                _requests.GiveBack(parser, i);
                return false;
            }
            ArgumentVector request = _requests[i];
            client.TotalInputBytes += _requests.BytesOf(i) + request.BlockBytes;
            bool isLarge = request.BlockBytes != 0;
            if (request.Count > 0 && (!isLarge || AdmitsArguments(client, request)))
                Execute(client, _requests.RowOf(i), request);
            if (isLarge)
            {
                request.FreeBlocks();
                _server.ClientEviction.Measure(client);
            }
        }
        return true;
    }

    // While a command runs, its arguments count as memory of its client.
    private bool AdmitsArguments(Client client, ArgumentVector request)
    {
        client.ArgumentBytes = request.BlockBytes;
        bool admits = _server.ClientEviction.Admits(client);
        client.ArgumentBytes = 0;
        return admits;
    }

    private static bool CanRun(Client client) => client.Blocked == BlockReason.None && !client.CloseAfterReply && !client.IsClosed;

    private void RefuseProtocol(Client client, string error)
    {
        _server.OnProtocolError(client, error);
        if (client.ReplyMode == ReplyMode.On)
            _context.Reply.Error($"ERR Protocol error: {error}");
        client.CloseAfterReply = true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ExecuteChecked(Client client, CommandRow? row, ArgumentVector arguments)
    {
        nint mark = _context.Reply.Buffer.Length;
        if (client.ReplyMode == ReplyMode.SkipNext)
            client.ReplyMode = ReplyMode.Skip;
        _isReplyRevocable = true;
        if (!_gate.Check(row))
            client.Transaction?.AbortIfOpen();
        else if (_gate.MustPause(row!))
            _server.Pause.Postpone(client, arguments);
        else if (client.InMulti && !Transaction.RunsInMulti(row!))
            client.Transaction!.Enqueue(_context, row!, arguments);
        else
            Call(row!, arguments);
        _isReplyRevocable = false;
        if (client.ReplyMode != ReplyMode.On)
            ApplyReplyMode(client, mark);
        // Like a reply that is skipped, CLIENT CACHING concerns the next command or transaction only.
        if (client.Tracking is { CachingGiven: true } tracking && !client.InMulti && row?.Parent is not { Name: "client" })
            tracking.CachingGiven = false;
    }

    private void ApplyReplyMode(Client client, nint mark)
    {
        // SkipNext was set by the command that has just run; its own reply is not concerned (there is none).
        if (client.ReplyMode == ReplyMode.SkipNext)
            return;
        _context.Reply.Buffer.Truncate(mark);
        if (_silentPushes.Length > 0)
        {
            _context.Reply.Buffer.Append(_silentPushes.UnconsumedSpan);
            _silentPushes.Reset(1024);
        }
        if (client.ReplyMode == ReplyMode.Skip)
        {
            client.ReplyMode = ReplyMode.On;
            client.UpdateGate();
        }
    }

    private void Call(CommandRow row, ArgumentVector arguments)
    {
        CommandContext context = _context;
        context.Row = row;
        Client client = context.Client;
        int database = client.Database.Id;
        _countedErrors = context.Reply.ErrorCount;
        long dirtyBefore = context.Effects.BeginCommand();
        long begin = _depth == 0 ? _server.Clock.Ticks : Stopwatch.GetTimestamp();
        _depth++;

        row.Handler(context);

        long end = Stopwatch.GetTimestamp();
        if (--_depth == 0)
            _server.Clock.Update(end);
        row.Calls++;
        long microseconds = ServerClock.ToMicroseconds(end - begin);
        row.Microseconds += microseconds;
        _server.Stats.CommandsProcessed++;
        ArgumentVector shown = context.HasRedactions ? context.TakeShownArguments() : arguments;
        if (client.Wait is { } wait)
            wait.Microseconds = microseconds;
        else
            _server.Timings.Record(row, context, shown, microseconds);
        if (context.Reply.ErrorCount != _countedErrors)
            CountError(row);
        if (_server.Clients.Monitors.Count > 0)
            _server.MonitorFeed.Feed(row, client, shown);
        if (shown != arguments)
            shown.FreeOwned();
        if (client.Tracking is { RemembersKeys: true } && (row.Flags & CommandFlags.ReadOnly) != 0)
            _server.Tracking.RememberKeys(client, row, arguments);
        context.Effects.EndCommand(dirtyBefore, database, arguments, _depth == 0);
        if (_depth == 0)
            _server.AfterCommand();
    }

    private void CountError(CommandRow row)
    {
        row.FailedCalls++;
        _server.Stats.CountError(_context.Reply.LastErrorPrefix);
        _countedErrors = _context.Reply.ErrorCount;
    }

    internal readonly ref struct LateReply
    {
        private readonly Executor _executor;
        private readonly Client _client;
        private readonly bool _silent;
        private readonly Client? _outerActive;
        private readonly Client _outerClient;
        private readonly CommandRow _outerRow;
        private readonly ArgumentVector _outerArguments;
        private readonly OutputBuffer _outerBuffer;
        private readonly int _outerProtocol;

        public LateReply(Executor executor, Client client, bool silent)
        {
            CommandContext context = executor._context;
            _executor = executor;
            _client = client;
            _silent = silent;
            _outerActive = executor._active;
            (_outerClient, _outerRow, _outerArguments) = (context.Client, context.Row, context.Arguments);
            (_outerBuffer, _outerProtocol) = (context.Reply.Buffer, context.Reply.Protocol);
            OutputBuffer replies = executor._lateReplies ?? new OutputBuffer(SocketLoop.ReceiveBufferBytes);
            executor._lateReplies = null;
            executor.Activate(client, replies);
        }

        public void Dispose()
        {
            CommandContext context = _executor._context;
            OutputBuffer replies = context.Reply.Buffer;
            _executor._active = _outerActive;
            (context.Client, context.Row, context.Arguments) = (_outerClient, _outerRow, _outerArguments);
            (context.Reply.Buffer, context.Reply.Protocol) = (_outerBuffer, _outerProtocol);
            if (!_silent && !_client.IsClosed && replies.Unconsumed > 0)
            {
                _executor._server.Stats.AddOutput(replies.Unconsumed);
                _client.Connection?.Append(replies);
            }
            replies.Reset(SocketLoop.ReplyBufferKeptBytes);
            // Within one late reply another can become due; of their buffers one is kept.
            if (_executor._lateReplies == null)
                _executor._lateReplies = replies;
            else
                replies.Free();
        }
    }

    private SocketLoop[] TakeLoopsToWake()
    {
        if (_loopsToWake.Count == 0)
            return [];
        SocketLoop[] loops = [.. _loopsToWake];
        _loopsToWake.Clear();
        return loops;
    }

    private static void Wake(SocketLoop[] loops)
    {
        foreach (SocketLoop loop in loops)
            loop.Wake();
    }
}
