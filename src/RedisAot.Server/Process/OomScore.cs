using System.Globalization;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Process;

/// <summary>The process's rank for the kernel's out-of-memory killer.</summary>
internal static class OomScore
{
    private const string ScoreFile = "/proc/self/oom_score_adj";

    /// <summary>The score that the process was started with, while ours is in place.</summary>
    private static int? _original;

    /// <summary>Writes the score that the configuration asks for, or puts the original one back.</summary>
    /// <returns>Whether it could be written.</returns>
    public static bool Apply(ServerConfig config, bool isReplica)
    {
        try
        {
            if (config.OomScoreAdj == OomScoreAdj.No)
            {
                if (_original is { } original) Write(original);
                _original = null;
                return true;
            }

            _original ??= int.Parse(File.ReadAllText(ScoreFile).Trim(), CultureInfo.InvariantCulture);
            int score = config.OomScoreAdjValues[isReplica ? 1 : 0];
            if (config.OomScoreAdj == OomScoreAdj.Relative) score += _original.Value;
            Write(Math.Clamp(score, -1000, 1000));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ServerLog.Warning("Unable to write oom_score_adj: " + e.Message);
            return false;
        }
    }

    private static void Write(int score)
    {
        using FileStream file = new(ScoreFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(System.Text.Encoding.ASCII.GetBytes(score.ToString(CultureInfo.InvariantCulture) + "\n"));
    }
}
