using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Processes;

/// <summary>The one process of a shim, within the bounds it was ordered with.</summary>
internal sealed class ShimChild(ShimFiles files, string name, ShimOrder order, RotatedLog log)
{
    private ControlGroup? _group;

    /// <summary>Starts the process as leader of a session of its own; null, and a line in the log, when that is not possible.</summary>
    public Process? Start()
    {
        if (ProgramPath.Find(order.Command[0], order.WorkingDirectory) is not { } program ||
            ProgramPath.Find("setsid", workingDirectory: null) is not { } setSid)
        {
            Say($"there is no executable '{order.Command[0]}' (or no 'setsid') on this node");
            return null;
        }

        var start = new ProcessStartInfo(setSid)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = order.WorkingDirectory,
        };
        start.ArgumentList.Add(program);
        foreach (var argument in order.Command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (variable, value) in order.Environment)
        {
            start.Environment[variable] = value;
        }

        start.Environment[ShimFiles.Marker] = files.MarkOf(name)[(ShimFiles.Marker.Length + 1)..];
        if (order.User is { } user)
        {
            start.UserName = user;
        }

        try
        {
            var process = order.Resources is { } limits ? Bounded(limits).Start(() => Process.Start(start)) : Process.Start(start);
            process?.StandardInput.Close();
            return process;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            Say($"'{program}' could not be started: {e.Message}");
            return null;
        }
    }

    /// <summary>Ends what is left of it within its bounds.</summary>
    /// <returns>Whether the kernel ended any of it for want of memory.</returns>
    public bool End()
    {
        if (_group is null)
        {
            return false;
        }

        try
        {
            var isOutOfMemory = _group.CountOutOfMemory() > 0;
            if (isOutOfMemory)
            {
                Say(string.Create(System.Globalization.CultureInfo.InvariantCulture,
                    $"out of memory: the kernel ended it above its limit of {order.Resources!.MemoryBytes} bytes"));
            }

            _group.End();
            return isOutOfMemory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Say($"its control group could not be removed: {e.Message}");
            return false;
        }
    }

    private ControlGroup Bounded(Bundles.Units.ResourceLimits limits)
    {
        var folders = ControlGroupFolders.OfThisProcess();
        var isOwned = order.SystemUnit is { } unit && folders.Unified?.Own.EndsWith($"/{unit}", StringComparison.Ordinal) == true;
        return _group = ControlGroup.Make(folders, files.GroupOf(name), limits, isOwned);
    }

    private void Say(string text) => log.Write(Encoding.UTF8.GetBytes($"gitops-agent: {text}\n"));
}
