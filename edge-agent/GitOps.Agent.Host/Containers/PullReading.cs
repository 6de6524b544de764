using System.Text.Json;

namespace GitOps.Agent.Host.Containers;

/// <summary>Reads the progress of a pull: one JSON object after the other; an error is among them, with status 200.</summary>
internal sealed class PullReading
{
    private const int LongestLine = 64 * 1024;
    private readonly List<byte> _line = [];

    public string? Error { get; private set; }

    public void Take(ReadOnlySpan<byte> piece)
    {
        foreach (var value in piece)
        {
            if (value is (byte)'\n')
            {
                Read();
            }
            else if (_line.Count < LongestLine)
            {
                _line.Add(value);
            }
        }
    }

    private void Read()
    {
        try
        {
            if (_line.Count > 0)
            {
                var progress = JsonSerializer.Deserialize(
                    System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_line), EngineJson.Default.PullProgress);
                Error ??= progress?.Error;
            }
        }
        catch (JsonException)
        {
            // Progress is for people; only the error matters.
        }

        _line.Clear();
    }
}
