using System.Text;
using RedisAot.Server.Acl;
using RedisAot.Server.Commands;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Persistence;

namespace RedisAot.Server.Process;

/// <summary>
/// What happens between the start of the process and that of the server, and at the end:
/// <see cref="Begin"/>, then the server opens its sockets, then <see cref="Announce"/>, it loads its data, <see cref="Ready"/>; <see cref="End"/>.
/// </summary>
public sealed class Bootstrap
{
    private readonly ServerConfig _config;
    private readonly string _initialDirectory = Environment.CurrentDirectory;
    private bool _isDetached;
    private CommandTable? _commands; // to try the lines of the configuration on; the server has its own

    /// <param name="config">What the command line and the files are stored in.</param>
    public Bootstrap(ServerConfig config) => _config = config;

    /// <summary>Reads the configuration, detaches the process, and writes the first lines of the log.</summary>
    /// <param name="arguments">The command line without the name of the program.</param>
    /// <returns>The status to exit with; null to go on.</returns>
    public int? Begin(string[] arguments)
    {
        _isDetached = Daemon.TakeMarker();
        StartupOptions options = StartupOptions.Parse(arguments, Path.GetFileName(Environment.GetCommandLineArgs()[0]));
        if (options.Action != StartupAction.Run) return InsteadOfRunning(options);
        _config.ConfigFile = options.ConfigFile;
        byte[] standardInput = [];
        try
        {
            if (options.ReadsStandardInput) standardInput = ReadStandardInput();
            new ConfigFileReader(_config) { RenameCommand = CheckRename, DeclareUser = CheckUser }.Load(options.ConfigFile, standardInput, options.ConfigLines);
        }
        catch (ConfigFileException e)
        {
            if (e.IsUnreadable) ServerLog.Warning(e.Message);
            else Console.Error.Write(e.Describe(ServerVersion.Official));
            return 1;
        }

        ServerLog.Configure(_config);
        bool supervised = Supervision.Begin(_config);
        if (_config.Daemonize && !supervised && !_isDetached) return Detach(standardInput);
        CrashReport.Install(_config);
        Banner.LogStart(options.HasArguments);

        // The threads to come inherit it.
        CpuAffinity.Apply(_config.ServerCpuList);
        return OpenFilesLimit.Adjust(_config) ? null : 1;
    }

    /// <summary>The server is initialised and its sockets are open.</summary>
    public void Announce()
    {
        ServerLog.Role = _config.ReplicaOfHost == null ? 'M' : 'S';
        if (_isDetached && _config.PidFile.Length == 0) _config.PidFile = PidFile.DefaultPath;
        if (_config.PidFile.Length > 0) PidFile.Create(_config.PidFile);
        ProcTitle.Apply(_config);
        _config.OnChanged(() => ProcTitle.Apply(_config) ? null : "failed to set process title", "proc-title-template", "port", "bind");
        _config.OnChanged(ApplyMaxClients, "maxclients");
        _config.OnChanged(
            () => ApplyOomScore() ? null : "Failed to set current oom_score_adj. Check server logs.",
            "oom-score-adj", "oom-score-adj-values");
        Banner.LogMode(_config);
        SystemChecks.WarnOfShortBacklog(_config);
        ServerLog.Warning("Server initialized");
        SystemChecks.WarnAtStart(_config);
    }

    /// <summary>False, the reason having been logged, when the configuration asks for a module: none can be loaded.</summary>
    public bool CanLoadModules()
    {
        if (_config.LoadModules.Count == 0) return true;
        string path = Encoding.UTF8.GetString(_config.LoadModules[0][0]);
        ServerLog.Warning($"Module {path} failed to load: redis-aot has no interface for modules");
        ServerLog.Warning($"Can't load module from {path}: server aborting");
        return false;
    }

    /// <summary>The data is loaded; clients can come.</summary>
    public void Ready()
    {
        if (_config.Port != 0 || _config.TlsPort != 0) ServerLog.Notice("Ready to accept connections");
        if (_config.UnixSocket.Length > 0)
            ServerLog.Notice($"The server is now ready to accept connections at {_config.UnixSocket}");
        Supervision.NotifyReady(_config);
        SystemChecks.WarnOfSmallMaxMemory(_config);
        ApplyOomScore();
    }

    /// <summary>The server has ended.</summary>
    /// <param name="exitCode">0 unless it ends for an error, which is then the last that is logged.</param>
    public void End(int exitCode)
    {
        if (exitCode != 0) return;
        if (_config.PidFile.Length > 0) PidFile.Remove(_config.PidFile);
        ServerLog.Warning("Redis is now ready to exit, bye bye...");
    }

    /// <summary>Tries the renaming on a table of its own, so that an error is reported with its line; the server does it in earnest.</summary>
    private string? CheckRename(byte[] name, byte[] newName)
    {
        return Commands().Rename(name, newName) switch
        {
            RenameResult.NoSuchCommand => "No such command in rename-command",
            RenameResult.NameTaken => "Target command name already exists",
            _ => null,
        };
    }

    /// <summary>Tries a declaration on a user of its own. Commands that do not exist are reported when the server declares it in earnest.</summary>
    private string? CheckUser(byte[][] words)
    {
        byte[] name = words[1];
        if (_config.UserDeclarations.Exists(known => known != words && known[1].AsSpan().SequenceEqual(name)))
            return Wrong(name, "Duplicate user found. A user can only be defined once in config files");
        if (!RuleList.TryMerge(words.AsSpan(2), out List<byte[]> rules, out byte[] unmatched))
            return Wrong(unmatched, "Syntax error");
        User user = new(name, Commands(), _config);
        foreach (byte[] rule in rules)
        {
            RuleError error = user.Apply(rule);
            if (error is not (RuleError.None or RuleError.UnknownCommand))
                return Wrong(rule, RuleErrors.Text(error));
        }
        return null;

        static string Wrong(byte[] word, string reason) => $"Error in user declaration '{RuleList.Text(word)}': {reason}";
    }

    private CommandTable Commands()
    {
        if (_commands == null)
        {
            _commands = new CommandTable();
            CommandFamilies.Register(_commands);
        }
        return _commands;
    }

    private bool ApplyOomScore() => OomScore.Apply(_config, isReplica: _config.ReplicaOfHost != null);

    private string? ApplyMaxClients()
    {
        long wanted = _config.MaxClients;
        if (OpenFilesLimit.Adjust(_config) && _config.MaxClients == wanted) return null;
        return $"The operating system is not able to handle the specified number of clients, try with {_config.MaxClients}";
    }

    private int Detach(byte[] standardInput)
    {
        // The arguments may hold paths that are relative to where we started.
        Environment.CurrentDirectory = _initialDirectory;
        if (Daemon.Start(standardInput) is not { } error) return 0;
        Console.Error.WriteLine("Can't detach from the terminal: " + error);
        return 1;
    }

    private static byte[] ReadStandardInput()
    {
        ServerLog.Warning("Reading config from stdin");
        return LibC.ReadToEnd(descriptor: 0) ?? throw ConfigFileException.Unreadable("-", LibC.LastError());
    }

    private static int InsteadOfRunning(StartupOptions options)
    {
        switch (options.Action)
        {
            case StartupAction.Version:
                Console.Out.WriteLine(ServerVersion.Line);
                return 0;
            case StartupAction.Help:
                Console.Error.Write(Usage.Text);
                return 1;
            case StartupAction.CheckSystem:
                return SystemChecks.Print(Console.Out) ? 0 : 1;
            case StartupAction.TestMemory:
                return MemoryTest.Run(options.TestMemoryMegabytes);
            case StartupAction.CheckRdb:
                return RdbChecker.Run(options.CheckArguments, Console.Out);
            case StartupAction.CheckAof:
                return AofChecker.Run(options.CheckArguments, Console.In, Console.Out);
            default:
                Console.Error.WriteLine("redis-aot has no Sentinel mode: run an official redis-sentinel beside it.");
                return 1;
        }
    }
}
