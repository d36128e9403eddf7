import './line/tensorflow.js';
import { rehearseAll } from './rehearse.test.helper.js';

rehearseAll(['esc-scenes', 'synthetic']);
