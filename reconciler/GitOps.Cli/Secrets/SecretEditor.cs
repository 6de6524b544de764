using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GitOps.Platform.Files;

namespace GitOps.Cli.Secrets;

/// <summary>
/// Opens a plaintext in the person's editor, in a folder of memory (tmpfs) that only they can enter, and removes it whatever
/// happens: the editor fails, is interrupted, or leaves copies beside the file.
/// </summary>
internal static class SecretEditor
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <returns>What it was changed to, or why that cannot be told.</returns>
    public static (byte[]? Text, string? Problem) Edit(byte[] plaintext, string editor)
    {
        if (Memory() is not { } memory)
        {
            return (null, "neither XDG_RUNTIME_DIR nor /dev/shm is a folder in memory: a disk would keep what was decrypted");
        }

        var folder = $"{memory}/gitops-secret-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        // An interrupt is for the editor, which shares the terminal; this process has to live to clean up.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var end = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Remove(folder));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => Remove(folder));
        DiskFileLayer.Host.EnsureDirectory(folder, OwnerOnly);
        try
        {
            var path = $"{folder}/secret.yaml";
            DiskFileLayer.Host.CreateFile(path, plaintext, AtomicFile.Private);
            var words = editor.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            using var process = Process.Start(new ProcessStartInfo(words[0], [.. words[1..], path]) { UseShellExecute = false });
            process!.WaitForExit();
            return process.ExitCode == 0 ? (File.ReadAllBytes(path), null) : (null, $"'{editor}' ended with {process.ExitCode}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (null, $"'{editor}' cannot be started: {e.Message}");
        }
        finally
        {
            Remove(folder);
        }
    }

    private static string? Memory() => new[] { Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"), "/dev/shm" }
        .FirstOrDefault(folder => Directory.Exists(folder) && new DriveInfo(folder).DriveFormat == "tmpfs");

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
