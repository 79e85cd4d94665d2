import { detector } from './detector';

export type CameraState = 'starting' | 'live' | 'denied' | 'absent' | 'busy' | 'stopped';

const LOOK_EVERY_MS = 120;

/** The camera of the scan screen: asks for it, looks for a code in its frames, lets go of it. */
export class Camera {
  state = $state<CameraState>('starting');
  torchable = $state(false);
  torchOn = $state(false);
  #stream: MediaStream | null = null;
  #looking: ReturnType<typeof setTimeout> | null = null;
  #wanted = false;

  async start(video: HTMLVideoElement, onfound: (payload: string) => void): Promise<void> {
    this.#wanted = true;
    this.state = 'starting';
    if (!navigator.mediaDevices?.getUserMedia) {
      this.state = 'absent';
      return;
    }
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: {
          facingMode: { ideal: 'environment' },
          width: { ideal: 1280 },
          height: { ideal: 720 },
        },
      });
    } catch (thrown) {
      const name = thrown instanceof DOMException ? thrown.name : '';
      this.state =
        name === 'NotAllowedError' || name === 'SecurityError'
          ? 'denied'
          : name === 'NotReadableError'
            ? 'busy'
            : 'absent';
      return;
    }
    if (!this.#wanted) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    const can = track?.getCapabilities?.() as { torch?: boolean } | undefined;
    this.torchable = can?.torch === true;
    video.srcObject = stream;
    await video.play();
    this.state = 'live';
    this.#look(video, onfound);
  }

  stop(): void {
    this.#wanted = false;
    if (this.#looking) clearTimeout(this.#looking);
    this.#looking = null;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.torchOn = false;
    this.state = 'stopped';
  }

  async toggleTorch(): Promise<void> {
    const [track] = this.#stream?.getVideoTracks() ?? [];
    if (!track) return;
    const on = !this.torchOn;
    await track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
    this.torchOn = on;
  }

  #look(video: HTMLVideoElement, onfound: (payload: string) => void): void {
    this.#looking = setTimeout(async () => {
      if (!this.#stream) return;
      try {
        const found = await (await detector()).detect(video);
        const payload = found[0]?.rawValue;
        if (payload && this.#stream) {
          this.stop();
          navigator.vibrate?.(40);
          onfound(payload);
          return;
        }
      } catch {
        // A frame that is not ready yet; the next one comes at once.
      }
      if (this.#stream) this.#look(video, onfound);
    }, LOOK_EVERY_MS);
  }
}
